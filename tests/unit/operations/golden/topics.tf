resource "kafka_topic" "staging_webhook_raw" {
  name               = "staging.webhook.raw"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"         = "delete"
    "retention.ms"           = "2592000000"
    "max.message.bytes"      = "4194304"
    "message.timestamp.type" = "LogAppendTime"
    "min.insync.replicas"    = "2"
  }
}

resource "kafka_topic" "staging_webhook_requests" {
  name               = "staging.webhook.requests"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"      = "delete"
    "retention.ms"        = "2592000000"
    "max.message.bytes"   = "4194304"
    "min.insync.replicas" = "2"
  }
}

resource "kafka_topic" "staging_message_events_g2" {
  name               = "staging.message.events.g2"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"                 = "delete"
    "retention.ms"                   = "2592000000"
    "max.message.bytes"              = "4194304"
    "message.timestamp.after.max.ms" = "9223372036854775807"
    "min.insync.replicas"            = "2"
  }
}

resource "kafka_topic" "staging_message_state_g2" {
  name               = "staging.message.state.g2"
  partitions         = 12
  replication_factor = 3
  config = {
    "message.timestamp.after.max.ms" = "9223372036854775807"
    "cleanup.policy"                 = "compact"
    "min.compaction.lag.ms"          = "3600000"
    "delete.retention.ms"            = "604800000"
    "max.message.bytes"              = "4194304"
    "min.insync.replicas"            = "2"
  }
}

resource "kafka_topic" "staging_connection_events_g2" {
  name               = "staging.connection.events.g2"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"                 = "delete"
    "retention.ms"                   = "2592000000"
    "max.message.bytes"              = "4194304"
    "message.timestamp.after.max.ms" = "9223372036854775807"
    "min.insync.replicas"            = "2"
  }
}

resource "kafka_topic" "staging_connection_state_g2" {
  name               = "staging.connection.state.g2"
  partitions         = 12
  replication_factor = 3
  config = {
    "message.timestamp.after.max.ms" = "9223372036854775807"
    "cleanup.policy"                 = "compact"
    "min.compaction.lag.ms"          = "3600000"
    "delete.retention.ms"            = "604800000"
    "max.message.bytes"              = "4194304"
    "min.insync.replicas"            = "2"
  }
}

resource "kafka_topic" "staging_webhook_set_aside_g2" {
  name               = "staging.webhook.set_aside.g2"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"                 = "delete"
    "retention.ms"                   = "2592000000"
    "max.message.bytes"              = "4194304"
    "message.timestamp.after.max.ms" = "9223372036854775807"
    "min.insync.replicas"            = "2"
  }
}

resource "kafka_topic" "staging_message_sends" {
  name               = "staging.message.sends"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"      = "delete"
    "retention.ms"        = "2592000000"
    "max.message.bytes"   = "4194304"
    "min.insync.replicas" = "2"
  }
}

resource "kafka_topic" "staging_processors_holds" {
  name               = "staging.processors.holds"
  partitions         = 12
  replication_factor = 3
  config = {
    "cleanup.policy"      = "compact"
    "max.message.bytes"   = "4194304"
    "min.insync.replicas" = "2"
  }
}

resource "kafka_topic" "staging_deployment" {
  name               = "staging.deployment"
  partitions         = 1
  replication_factor = 3
  config = {
    "cleanup.policy"      = "compact"
    "min.insync.replicas" = "2"
  }
}

resource "kafka_topic" "staging_access" {
  name               = "staging.access"
  partitions         = 1
  replication_factor = 3
  config = {
    "cleanup.policy"      = "compact"
    "min.insync.replicas" = "2"
  }
}

resource "kafka_topic" "staging_access_looks" {
  name               = "staging.access.looks"
  partitions         = 1
  replication_factor = 3
  config = {
    "cleanup.policy"      = "delete"
    "retention.ms"        = "34560000000"
    "min.insync.replicas" = "2"
  }
}

resource "kafka_topic" "staging_erasures" {
  name               = "staging.erasures"
  partitions         = 1
  replication_factor = 3
  config = {
    "cleanup.policy"      = "compact"
    "min.insync.replicas" = "2"
  }
}
