// A peer of ingest in Go: net/http and franz-go, the same HMAC, the same parse, acks=all and the same linger.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const bodyBytesMax = 3 << 20

type single struct {
	Message struct {
		ID string `json:"id"`
	} `json:"message"`
}

type batch struct {
	Entry []struct {
		Changes []struct {
			Value struct {
				Statuses []json.RawMessage `json:"statuses"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

type status struct {
	ID string `json:"id"`
}

func authentic(secret, body []byte, given string) bool {
	presented, err := hex.DecodeString(strings.TrimPrefix(given, "sha256="))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), presented)
}

func records(topic string, body []byte, isBatch bool) ([]*kgo.Record, error) {
	if !isBatch {
		var event single
		if err := json.Unmarshal(body, &event); err != nil {
			return nil, err
		}
		return []*kgo.Record{{Topic: topic, Key: []byte("bench/" + event.Message.ID), Value: body}}, nil
	}
	var events batch
	if err := json.Unmarshal(body, &events); err != nil {
		return nil, err
	}
	found := []*kgo.Record{{Topic: topic, Value: body}}
	for _, entry := range events.Entry {
		for _, change := range entry.Changes {
			for _, raw := range change.Value.Statuses {
				var one status
				if err := json.Unmarshal(raw, &one); err != nil {
					return nil, err
				}
				found = append(found, &kgo.Record{Topic: topic, Key: []byte("bench/" + one.ID), Value: raw})
			}
		}
	}
	return found, nil
}

func produce(ctx context.Context, client *kgo.Client, all []*kgo.Record) error {
	var acked sync.WaitGroup
	var once sync.Once
	var failure error
	acked.Add(len(all))
	for _, record := range all {
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				once.Do(func() { failure = err })
			}
			acked.Done()
		})
	}
	acked.Wait()
	return failure
}

func main() {
	topic, secret := os.Getenv("TOPIC"), []byte(os.Getenv("SECRET"))
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(2*time.Millisecond),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.ProducerBatchMaxBytes(1<<20),
	)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /v1/webhooks/{source}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		given := r.Header.Get("X-Recibo-Signature") + r.Header.Get("X-Hub-Signature-256")
		if !authentic(secret, body, given) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		all, err := records(topic, body, r.PathValue("source") == "batch")
		if err == nil {
			err = produce(r.Context(), client, all)
		}
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
