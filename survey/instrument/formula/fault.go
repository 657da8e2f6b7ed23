package formula

import (
	"errors"
	"fmt"
)

// Fault says why an expression cannot be held by the model. Key names a
// sentence of the catalogues, "exchange.why.<key>"; What fills it.
type Fault struct{ Key, What string }

// Error gives the key and what it is about.
func (f *Fault) Error() string { return f.Key + ": " + f.What }

func fault(key string, what any) error { return &Fault{key, fmt.Sprint(what)} }

// Why gives the arguments of a finding that says why.
func Why(err error) []string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return []string{"Why", f.Key, "What", f.What}
	}
	return []string{"Why", "syntax", "What", err.Error()}
}
