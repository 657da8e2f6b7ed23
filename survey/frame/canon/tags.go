package canon

import "strconv"

// Tags of the frame. Each names what is hashed and the version of the rule.
const (
	TagFrame    = "gongping/frame/digest/v1"
	TagLeaf     = "gongping/frame/leaf/v1"
	TagPrivate  = "gongping/frame/private/v1"
	TagIdentity = "gongping/frame/identity/v1"
)

// Tags of the draw.
const (
	TagTicket     = "gongping/draw/ticket/v1"
	TagCluster    = "gongping/draw/cluster/v1"
	TagHousehold  = "gongping/draw/household/v1"
	TagStart      = "gongping/draw/start/v1"
	TagCommitment = "gongping/draw/commitment/v1"
	TagRecord     = "gongping/draw/record/v1"
	TagDigest     = "gongping/draw/digest/v1"
)

// Tags of households as units of a draw.
const (
	TagMember = "gongping/draw/member/v1"
	TagHome   = "gongping/draw/home/v1"
	TagPlace  = "gongping/draw/place/v1"
)

// Leaf is the leaf of one person in the frame's tree: the published frame id
// and committee, and the salted commitment to everything else.
func Leaf(frameID, area string, private Sum) Sum {
	return Hash(TagLeaf, frameID, area, string(private[:]))
}

// FrameDigest binds the number of leaves to the root of the tree: the root alone
// would leave a receipt's count open.
func FrameDigest(count uint64, root Sum) Sum {
	return Hash(TagFrame, strconv.FormatUint(count, 10), string(root[:]))
}

// Ticket is the lottery ticket of a person: the smallest tickets of a stratum
// are its sample.
func Ticket(seed, purpose, frameID string) Sum {
	return Hash(TagTicket, seed, purpose, frameID)
}

// ClusterTicket is the ticket of a building or grid in a two-stage draw.
func ClusterTicket(seed, purpose, stratum, cluster string) Sum {
	return Hash(TagCluster, seed, purpose, stratum, cluster)
}

// HouseholdTicket is the ticket of a household within its cluster.
func HouseholdTicket(seed, purpose, stratum, cluster, household string) Sum {
	return Hash(TagHousehold, seed, purpose, stratum, cluster, household)
}

// Start is the ticket whose first eight bytes, as a fraction of 2^64, are the
// random start of a systematic selection in a stratum.
func Start(seed, purpose, stratum string) Sum {
	return Hash(TagStart, seed, purpose, stratum)
}

// Member hides a member of a household unit: nobody without the salt can tell
// which leaf of the frame of persons it is.
func Member(salt, leaf Sum) Sum { return Hash(TagMember, string(salt[:]), string(leaf[:])) }

// Home is the commitment of a household unit to its members, in the order of
// their frame ids. The salt hides how many they are.
func Home(salt Sum, members []Sum) Sum {
	fields := make([]string, 1, len(members)+1)
	fields[0] = string(salt[:])
	for i := range members {
		fields = append(fields, string(members[i][:]))
	}
	return Hash(TagHome, fields...)
}

// PlaceTicket is the ticket of a member of a household unit: place counts the
// members from 1 in the order of the commitment.
func PlaceTicket(seed, purpose, home string, place int) Sum {
	return Hash(TagPlace, seed, purpose, home, strconv.Itoa(place))
}
