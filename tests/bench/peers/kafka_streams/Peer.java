import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams: the benchmark's work in a processor with a cached, logged RocksDB store; at least once. */
public final class Peer {
    static final String STORE = "state";

    public static void main(String[] arguments) {
        Map<String, String> task = System.getenv();
        KafkaStreams streams = new KafkaStreams(topology(task), configuration(task));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Topology topology(Map<String, String> task) {
        var bytes = Serdes.ByteArray();
        var store = Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(STORE), Serdes.Bytes(), new Json.StateSerde());
        return new Topology()
            .addSource("raw", bytes.deserializer(), bytes.deserializer(), task.get("BENCH_RAW"))
            .addProcessor("fold", Fold::new, "raw")
            .addStateStore(store.withCachingEnabled().withLoggingEnabled(Map.of()), "fold")
            .addSink("events", task.get("BENCH_EVENTS"), bytes.serializer(), bytes.serializer(), "fold")
            .addSink("set_aside", task.get("BENCH_SET_ASIDE"), bytes.serializer(), bytes.serializer(), "fold");
    }

    /** Tuned as its users do for throughput: record cache that holds all, zstd, linger, large batches, a commit every second. */
    private static Properties configuration(Map<String, String> task) {
        Properties p = new Properties();
        p.put("application.id", task.get("BENCH_APP"));
        p.put("bootstrap.servers", task.get("BENCH_BOOTSTRAP"));
        p.put("state.dir", task.get("BENCH_FOLDER"));
        p.put("num.stream.threads", task.get("BENCH_THREADS"));
        p.put("processing.guarantee", "at_least_once");
        p.put("commit.interval.ms", setting("COMMIT_MS", "1000"));
        p.put("statestore.cache.max.bytes", setting("CACHE_BYTES", String.valueOf(128 << 20)));
        p.put("replication.factor", "1");
        p.put("consumer.auto.offset.reset", "earliest");
        p.put("consumer.max.poll.records", setting("POLL_RECORDS", "4000"));
        p.put("consumer.max.partition.fetch.bytes", String.valueOf(1 << 20));
        p.put("producer.compression.type", "zstd");
        p.put("producer.linger.ms", setting("LINGER_MS", "50"));
        p.put("producer.batch.size", setting("BATCH_BYTES", String.valueOf(512 << 10)));
        p.put("producer.buffer.memory", String.valueOf(64 << 20));
        return p;
    }

    /** One of the tunables, which the environment may override as BENCH_KS_NAME to look for better ones. */
    private static String setting(String name, String value) {
        return System.getenv().getOrDefault("BENCH_KS_" + name, value);
    }
}
