package field

import "sync"

// claim is a case or a response id that a batch under way speaks of.
type claim struct {
	id   string
	kase bool
}

func (i *item) claims() [2]claim { return [2]claim{{i.sub.CaseID, true}, {i.sub.ID, false}} }

// claims keeps submissions about one case or one id apart: while a batch that
// speaks of it is under way, others wait behind it. What waits holds nothing,
// so nobody waits in a circle.
type claims struct {
	mu   sync.Mutex
	held map[claim][]*item // what waits behind each
}

// take claims what is free and returns those submissions; the rest waits.
func (c *claims) take(list []*item) (now []*item) {
	c.mu.Lock()
	defer c.mu.Unlock()
next:
	for _, it := range list {
		for _, k := range it.claims() {
			if waiting, taken := c.held[k]; taken {
				c.held[k] = append(waiting, it)
				continue next
			}
		}
		for _, k := range it.claims() {
			c.held[k] = nil
		}
		now = append(now, it)
	}
	return now
}

// release gives up the claims of a batch and returns what waited behind them.
func (c *claims) release(list []*item) (freed []*item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, it := range list {
		for _, k := range it.claims() {
			freed = append(freed, c.held[k]...)
			delete(c.held, k)
		}
	}
	return freed
}
