package frame

import "gongping/survey/frame/canon"

// HomeID is the published id of the members of a household that stand in one
// stratum of a round: the committee code, "-", and 16 letters and digits. The
// scope is the round: ids of two rounds cannot be joined.
func (s *Secret) HomeID(scope, committee, stratum, household string) string {
	d := s.derive("home-id", scope, committee, stratum, household)
	return committee + "-" + idAlphabet.EncodeToString(d[:10])
}

// ClusterID is the published id of a first-stage unit in a stratum of a round.
func (s *Secret) ClusterID(scope, stratum, cluster string) string {
	d := s.derive("cluster-id", scope, stratum, cluster)
	return "c" + idAlphabet.EncodeToString(d[:10])
}

// HomeSalt hides the members of a household unit from everybody but themselves
// and auditors.
func (s *Secret) HomeSalt(home string) canon.Sum { return s.derive("home-salt", home) }

// MemberSalt hides a member of a household unit from the other members.
func (s *Secret) MemberSalt(home, frameID string) canon.Sum {
	return s.derive("member-salt", home, frameID)
}
