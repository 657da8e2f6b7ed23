package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Method is how residents are selected within a stratum. survey/draw carries
// each out from the same tickets.
type Method string

// The methods that a plan may choose.
const (
	SimpleRandom     Method = ""                   // every set of n residents is equally likely
	PPSSystematic    Method = "pps-systematic"     // by Chances, exact probabilities
	PPSPoisson       Method = "sequential-poisson" // by Chances, nested samples
	TwoStagePPS      Method = "two-stage-pps"      // clusters by size, households, one person
	TwoStageAllAlike Method = "two-stage-simple"   // clusters alike, households, one person
)

// Methods lists the methods in the order in which they are offered.
var Methods = []Method{SimpleRandom, PPSSystematic, PPSPoisson, TwoStagePPS, TwoStageAllAlike}

// TwoStage tells whether clusters are drawn first.
func (m Method) TwoStage() bool { return m == TwoStagePPS || m == TwoStageAllAlike }

// PPS tells whether residents are drawn with the chances of Selection.
func (m Method) PPS() bool { return m == PPSSystematic || m == PPSPoisson }

// Selection holds what the methods other than simple random sampling need.
type Selection struct {
	// ClusterBy is the first stage of the two-stage methods: one of ClusterColumns.
	ClusterBy string `json:"cluster_by,omitempty"`
	// PerCluster is how many households are drawn in each drawn cluster.
	PerCluster int `json:"per_cluster,omitempty"`
	// Chances are relative sizes, "column:value" to 1 … maxChance, of the methods
	// proportional to size. A resident's size is the product over the columns; a
	// value that is not listed has 1. So {"age_band:75-": 3} draws residents of
	// 75 and older with three times the probability of others, and weighs their
	// answers down again by as much.
	Chances map[string]int `json:"chances,omitempty"`
}

// ClusterColumns are the columns that Selection.ClusterBy may name.
var ClusterColumns = []string{"building", "grid"}

// ChanceColumns are the columns that Selection.Chances may name.
var ChanceColumns = []string{"sex", "age_band", "tenure", "grid"}

const (
	maxChance     = 100
	maxPerCluster = 1000
)

// MinHouseholds is the least number of households in a published cluster of a
// two-stage stratum: fewer would nearly be a household (decision 58).
const MinHouseholds = 10

// LeastHouseholds is how many households each cluster must hold where the given
// number, reserves included, is drawn in it: that a building was drawn is seen at
// its door, so at most half of its households may be.
func LeastHouseholds(drawn int) int { return max(MinHouseholds, 2*drawn) }

// RoomForMore is how many households later draws of the round may take in a
// cluster in which some were drawn: all together at most three quarters.
func RoomForMore(households, drawn int) int { return households*3/4 - drawn }

// Chance is the relative size of a resident under Chances.
func (s Selection) Chance(t Traits, year int) uint64 {
	size := uint64(1)
	if len(s.Chances) == 0 {
		return size
	}
	for _, kv := range [...][2]string{{"sex", t.Sex}, {"age_band", strings.ReplaceAll(AgeBand(t.BirthYear, year), "+", "-")}, {"tenure", t.Tenure}, {"grid", t.Grid}} {
		if n, ok := s.Chances[kv[0]+":"+kv[1]]; ok {
			size *= uint64(n)
		}
	}
	return size
}

// Unregistered is the cluster of the residents of a stratum whose building or
// grid is not registered: they stand together, so that nobody is left out.
const Unregistered = "u"

// Near says where the first-stage unit of a resident lies, for joining small ones
// with those beside them.
func (p Plan) Near(t Traits) string {
	if p.ClusterBy == "building" {
		return t.Grid
	}
	return ""
}

// Cluster is the first-stage unit of a resident, "" under one-stage methods.
func (p Plan) Cluster(t Traits) string {
	if !p.Method.TwoStage() {
		return ""
	}
	v := t.Building
	if p.ClusterBy == "grid" {
		v = t.Grid
	}
	if v == "" {
		return Unregistered
	}
	return v
}

func (p Plan) checkSelection() error {
	if !slices.Contains(Methods, p.Method) {
		return badPlan("method", string(p.Method), "pps-systematic, sequential-poisson, two-stage-pps, two-stage-simple or nothing")
	}
	if p.Method.TwoStage() {
		if !slices.Contains(ClusterColumns, p.ClusterBy) || slices.Contains(p.StrataBy, p.ClusterBy) {
			return badPlan("cluster_by", p.ClusterBy, strings.Join(ClusterColumns, " or ")+", not one that makes the strata")
		}
		if p.PerCluster < 1 || p.PerCluster > maxPerCluster {
			return badPlan("per_cluster", strconv.Itoa(p.PerCluster), fmt.Sprintf("1 to %d households", maxPerCluster))
		}
	}
	if p.Method.PPS() && len(p.Chances) == 0 {
		return badPlan("chances", "none", "at least one value with a chance other than 1")
	}
	for k, n := range p.Chances {
		col, value, ok := strings.Cut(k, ":")
		if !ok || value == "" || !slices.Contains(ChanceColumns, col) || n < 1 || n > maxChance {
			return badPlan("chances "+k, strconv.Itoa(n), fmt.Sprintf("column:value, for example age_band:75-, and a chance of 1 to %d", maxChance))
		}
	}
	return nil
}
