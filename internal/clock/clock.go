// Package clock is the one source of time for the use cases, so that tests and
// the demonstration can set it.
package clock

import "time"

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Real is the machine's clock, in UTC and cut to microseconds, which is what
// PostgreSQL keeps.
type Real struct{}

// Now returns the present.
func (Real) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fixed is a clock that stands still until it is moved. It is not safe for
// moving while others read it.
type Fixed struct{ T time.Time }

// Now returns the fixed time.
func (f *Fixed) Now() time.Time { return f.T.UTC().Truncate(time.Microsecond) }

// Advance moves the clock.
func (f *Fixed) Advance(d time.Duration) { f.T = f.T.Add(d) }
