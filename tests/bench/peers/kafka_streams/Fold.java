import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Folds a raw record over its message's state: an event where it is new, a set-aside record where it is a repeat. */
final class Fold implements Processor<byte[], byte[], byte[], byte[]> {
    private static final Map<String, Integer> BIT = Map.of("queued", 1, "created", 2, "delivered", 64, "read", 128);
    private static final AtomicBoolean STARTED = new AtomicBoolean();

    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, Json.State> store;
    private byte[] sourceBytes = new byte[0];
    private Json.Source source;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        store = context.getStateStore(Peer.STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (!STARTED.get() && STARTED.compareAndSet(false, true)) {
            System.out.println("first " + TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));
        }
        Json.Body body = Json.read(Json.BODY, record.value());
        readSource(record.headers().lastHeader("source").value());
        Json.Request request = Json.read(Json.REQUEST, record.headers().lastHeader("request").value());
        String eventId = body.event_id + "/" + body.event;
        var at = context.recordMetadata().orElseThrow();

        Bytes key = Bytes.wrap(record.key());
        Json.State state = store.get(key);
        if (state == null) {
            state = absent(body, record.timestamp(), request.received_at_ms);
        } else if (knows(state, eventId)) {
            var aside = new Json.SetAside(at.partition(), at.offset(), record.timestamp(), "repeat", "", source.source,
                source.account, source.provider, request.request_id, request.index, request.received_at_ms, eventId);
            emit(record, Json.write(aside), "set_aside");
            return;
        }
        int verdict = join(state, body, request.received_at_ms) ? 1 : 2;
        state.book.journal.add(new Json.Entry(eventId, at.offset(), verdict));
        state.book.version = at.offset();
        state.book.last_at_ms = Math.max(state.book.last_at_ms, record.timestamp());
        store.put(key, state);
        var raw = new Json.RawReference(at.partition(), at.offset(), record.timestamp());
        byte[] event = Json.event(body, source, verdict == 1 ? "advanced" : "filled", request, eventId, raw);
        emit(record, event, "events");
    }

    private void emit(Record<byte[], byte[]> from, byte[] value, String to) {
        context.forward(new Record<>(from.key(), value, from.timestamp()), to);
    }

    /** Parses the header only when it differs from the last one: a stream has few distinct ones. */
    private void readSource(byte[] value) {
        if (!Arrays.equals(value, sourceBytes)) {
            source = Json.read(Json.SOURCE, value);
            sourceBytes = value;
        }
    }

    private static boolean knows(Json.State state, String eventId) {
        for (Json.Entry entry : state.book.journal) {
            if (entry.event_id.equals(eventId)) {
                return true;
            }
        }
        return false;
    }

    private Json.State absent(Json.Body body, long atMs, long receivedMs) {
        Json.State state = new Json.State();
        state.book.last_at_ms = atMs;
        state.account = source.account;
        state.message_id = body.message_id;
        state.anchor_ms = atMs;
        state.first_received_ms = receivedMs;
        state.last_received_ms = receivedMs;
        state.provider = source.provider;
        state.sources = List.of(source.source);
        state.connection_id = body.connection_id;
        state.campaign = body.campaign;
        return state;
    }

    /** Folds the event's facts in; says whether the status rose. */
    private static boolean join(Json.State state, Json.Body body, long receivedMs) {
        int before = state.seen;
        state.seen |= BIT.get(body.event);
        boolean rose = Integer.highestOneBit(state.seen) > Integer.highestOneBit(before);
        if (rose) {
            state.status = body.event;
        }
        state.first_at_ms.merge(body.event, Math.round(body.occurred_at * 1000), Math::min);
        state.first_received_ms = Math.min(state.first_received_ms, receivedMs);
        state.last_received_ms = Math.max(state.last_received_ms, receivedMs);
        if (body.to.compareTo(state.recipient) > 0) {
            state.recipient = body.to;
        }
        return rose;
    }
}
