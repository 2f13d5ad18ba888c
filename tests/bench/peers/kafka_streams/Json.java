import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.module.blackbird.BlackbirdModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** The records as Jackson reads and writes them: data binding through compiled accessors (Blackbird). */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder().addModule(new BlackbirdModule()).build();
    private static final DateTimeFormatter RFC3339 =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    static final ObjectReader BODY = MAPPER.readerFor(Body.class);
    static final ObjectReader REQUEST = MAPPER.readerFor(Request.class);
    static final ObjectReader SOURCE = MAPPER.readerFor(Source.class);
    private static final ObjectReader STATE = MAPPER.readerFor(State.class);
    private static final ObjectWriter STATE_WRITER = MAPPER.writerFor(State.class);
    private static final ObjectWriter EVENT_WRITER = MAPPER.writerFor(CloudEvent.class);
    private static final ObjectWriter SET_ASIDE_WRITER = MAPPER.writerFor(SetAside.class);

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Body {
        public String event_id, event, message_id, connection_id, to, campaign;
        public double occurred_at;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Source {
        public String source, account, provider;
    }

    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    @JsonPropertyOrder({"request_id", "index", "kind", "received_at_ms"})
    public static final class Request {
        public String request_id, kind;
        public int index;
        public long received_at_ms;
    }

    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    @JsonPropertyOrder({"event_id", "offset", "verdict"})
    public static final class Entry {
        public String event_id;
        public long offset;
        public int verdict;

        public Entry() { }

        Entry(String eventId, long offset, int verdict) {
            this.event_id = eventId;
            this.offset = offset;
            this.verdict = verdict;
        }
    }

    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    @JsonPropertyOrder({"version", "last_at_ms", "journal"})
    public static final class Bookkeeping {
        public long version = -1, last_at_ms;
        public List<Entry> journal = new ArrayList<>(4);
    }

    public static final class State {
        @JsonProperty("_") public Bookkeeping book = new Bookkeeping();
        public String account, message_id, status = "";
        public int seen;
        public long anchor_ms;
        public Map<String, Long> first_at_ms = new LinkedHashMap<>(8);
        public long first_received_ms, last_received_ms;
        public String provider;
        public List<String> sources;
        public String connection_id, recipient = "", recipient_kind = "phone", campaign;
    }

    public record RawReference(int partition, long offset, long at_ms) { }

    public record EventData(String account, String source, String provider, String connection_id, String message_id,
        String status, String provider_status, String outcome, long occurred_at_ms, String time_source,
        long received_at_ms, String request_id, int index, RawReference raw, String recipient, String recipient_kind,
        String provider_event_id, String campaign) { }

    public record CloudEvent(String specversion, String id, String source, String type, String subject, EventData data,
        String time) { }

    public record SetAside(int partition, long offset, long raw_at_ms, String outcome, String why, String source,
        String account, String provider, String request_id, int index, long received_at_ms, String event_id) { }

    static <T> T read(ObjectReader reader, byte[] value) {
        try {
            return reader.readValue(value);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static byte[] write(SetAside record) {
        return write(SET_ASIDE_WRITER, record);
    }

    static byte[] event(Body b, Source s, String outcome, Request r, String id, RawReference raw) {
        long atMs = Math.round(b.occurred_at * 1000);
        var data = new EventData(s.account, s.source, s.provider, b.connection_id, b.message_id, b.event, b.event,
            outcome, atMs, "provider", r.received_at_ms, r.request_id, r.index, raw, b.to, "phone",
            b.event_id, b.campaign);
        return write(EVENT_WRITER, new CloudEvent("1.0", id, "/" + s.account + "/" + b.connection_id,
            "whatsapp.message.status.v1", b.message_id, data, RFC3339.format(Instant.ofEpochMilli(atMs))));
    }

    private static byte[] write(ObjectWriter writer, Object value) {
        try {
            return writer.writeValueAsBytes(value);
        } catch (JsonProcessingException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** States in the store and its changelog. */
    public static final class StateSerde implements Serde<State> {
        @Override
        public Serializer<State> serializer() {
            return (topic, state) -> state == null ? null : write(STATE_WRITER, state);
        }

        @Override
        public Deserializer<State> deserializer() {
            return (topic, value) -> value == null ? null : read(STATE, value);
        }
    }
}
