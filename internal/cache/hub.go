package cache

import (
	"context"
	"sync"
)

// hub hands notices to the subscribers of one process.
type hub struct {
	mu     sync.Mutex
	topics map[string]map[chan []byte]struct{}
	closed bool
}

func (h *hub) publish(topic string, message []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.topics[topic] {
		select {
		case ch <- message:
		default: // it has notices waiting and will look again anyway
		}
	}
}

func (h *hub) subscribe(ctx context.Context, topic string) <-chan []byte {
	ch := make(chan []byte, backlog)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || ctx.Err() != nil {
		close(ch)
		return ch
	}
	if h.topics == nil {
		h.topics = map[string]map[chan []byte]struct{}{}
	}
	if h.topics[topic] == nil {
		h.topics[topic] = map[chan []byte]struct{}{}
	}
	h.topics[topic][ch] = struct{}{}
	context.AfterFunc(ctx, func() { h.leave(topic, ch) })
	return ch
}

// leave closes ch unless close has done so.
func (h *hub) leave(topic string, ch chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.topics[topic][ch]; !ok {
		return
	}
	delete(h.topics[topic], ch)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
	close(ch)
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, subs := range h.topics {
		for ch := range subs {
			close(ch)
		}
	}
	h.topics = nil
}
