package config

import (
	"os"
	"runtime/debug"
)

// GCPercent lets the service's small heap grow fivefold between collections
// instead of twofold: less processor time when answers arrive by the thousand.
// An idle service takes some 160 MB even so.
const GCPercent = 400

// SetMemory applies GCPercent unless the operator has chosen GOGC.
func SetMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(GCPercent)
	}
}
