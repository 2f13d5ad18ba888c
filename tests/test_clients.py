"""Who may make a client of Kafka or ClickHouse: the factories in `runtime/`, and nobody else."""

import ast

import pytest

from tests.support.source_tree import Module, modules

FACTORIES = {
    "AIOKafkaConsumer": "runtime.kafka.clients",
    "AIOKafkaProducer": "runtime.kafka.clients",
    "AIOKafkaAdminClient": "runtime.kafka.clients",
    "get_client": "runtime.clickhouse.client",
    "get_async_client": "runtime.clickhouse.client",
}
"""What makes a client → the one module that may call it."""
EXAMPLES = ("deploy.demo.example_consumer",)
"""Programs for others to copy, who have nothing of ours."""


def called(module: Module) -> set[str]:
    """Return the names that a module calls, without what they are attributes of."""
    functions = [node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    names = {function.id for function in functions if isinstance(function, ast.Name)}
    return names | {function.attr for function in functions if isinstance(function, ast.Attribute)}


@pytest.mark.parametrize("name", FACTORIES)
def test_only_the_factory_makes_clients(name: str) -> None:
    """Security, client ids and topic auto-creation are settled in one place, so nothing else makes a client."""
    product = (module for module in modules().values() if module.package != "tests" and module.name not in EXAMPLES)
    assert {module.name for module in product if name in called(module)} <= {FACTORIES[name]}
