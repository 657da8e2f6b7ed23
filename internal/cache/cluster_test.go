package cache

import (
	"fmt"
	"testing"
	"time"

	"gongping/internal/testkit"
)

// Keys of a real cluster live on several nodes; limits, bytes and notices work
// across them through the same universal client.
func TestRealCluster(t *testing.T) {
	t.Parallel()
	r := remote(t, testkit.RedisCluster(t)...)
	ctx := t.Context()
	for i := range 40 {
		key := fmt.Sprintf("k%d", i)
		r.Set(ctx, key, []byte(key), time.Minute)
		if got, ok := r.Get(ctx, key); !ok || string(got) != key {
			t.Fatalf("%s: %q %v", key, got, ok)
		}
		limit := Limit{Rate: 1, Per: time.Hour, Burst: 1}
		if !r.Allow(ctx, key, limit).Allowed || r.Allow(ctx, key, limit).Allowed {
			t.Fatalf("%s: the limit of one was not kept", key)
		}
	}
	r.Drop(ctx, "k1", "k2", "k3")
	if _, ok := r.Get(ctx, "k2"); ok {
		t.Error("a dropped key is still there")
	}
	ch := r.Subscribe(ctx, "topic")
	for deadline := time.Now().Add(patience); ; {
		r.Publish(ctx, "topic", []byte("look"))
		select {
		case m := <-ch:
			if string(m) != "look" {
				t.Fatalf("notice %q", m)
			}
			return
		case <-time.After(100 * time.Millisecond):
			if time.Now().After(deadline) {
				t.Fatal("no notice came through the cluster")
			}
		}
	}
}
