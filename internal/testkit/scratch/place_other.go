//go:build !linux

package scratch

// place is where the cluster's directory is made: where temporary files are.
func place() string { return "" }
