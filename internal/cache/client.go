package cache

import "net/netip"

// Client is the name under which tries from an address are counted. Whoever has
// an IPv6 line has at least a network of 64 bits, and with it as many addresses as
// there are guesses; so it is counted as one.
func Client(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64) // never fails for 64 bits of an IPv6 address
	return p.String()
}
