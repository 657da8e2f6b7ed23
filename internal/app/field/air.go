package field

import "sync"

// air counts the submissions that are being written.
type air struct {
	mu     sync.Mutex
	n      int
	landed chan struct{} // closed at the next landing; nil while nobody waits
}

// depart lets n go if no more than n are being written. Otherwise it returns what
// is closed when a batch has landed.
func (a *air) depart(n int) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n >= a.n {
		a.n += n
		return nil
	}
	if a.landed == nil {
		a.landed = make(chan struct{})
	}
	return a.landed
}

// start lets n go in any case.
func (a *air) start(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n += n
}

// land is called when n of those that went have been written or refused.
func (a *air) land(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n -= n
	if a.landed != nil {
		close(a.landed)
		a.landed = nil
	}
}
