package cache

import (
	"fmt"
	"testing"
	"time"
)

// TestOneLineIsOneClient guesses from a thousand addresses of one IPv6 network:
// they share one limit, and the neighbours' network has its own.
func TestOneLineIsOneClient(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64", "": "", "unknown": "unknown"} {
		if got := Client(address); got != want {
			t.Errorf("%q counts as %q, want %q", address, got, want)
		}
	}
	now := time.Unix(0, 0)
	store, limit := newLocal(func() time.Time { return now }), Limit{Rate: 10, Per: time.Minute, Burst: 10}
	tries := 0
	for i := range 1000 {
		if store.Allow(t.Context(), "check/"+Client(fmt.Sprintf("2001:db8:1:2::%x", i)), limit).Allowed {
			tries++
		}
	}
	if tries > 11 {
		t.Errorf("%d of 1000 guesses from one line were let through", tries)
	}
	if !store.Allow(t.Context(), "check/"+Client("2001:db8:1:3::1"), limit).Allowed {
		t.Error("the neighbours are shut out too")
	}
}
