package demo

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
)

//go:embed data
var files embed.FS

// DistrictCode is the code of Xuhui district, DistrictName its name.
const (
	DistrictCode = "310104"
	DistrictName = "徐汇区"
)

// DistrictsGeoJSON returns the outlines of the districts of Shanghai for the
// city map, with the properties district_code, district, label_lon, label_lat.
func DistrictsGeoJSON() []byte { return mustRead("districts.geojson") }

// Attribution returns the sources and licences of the embedded data.
func Attribution() []byte { return mustRead("ATTRIBUTION.md") }

func mustRead(name string) []byte {
	b, err := files.ReadFile("data/" + name)
	if err != nil {
		panic(err) // embedded: the build would have failed
	}
	return b
}

// table reads an embedded CSV file without its header row.
func table(name string) [][]string {
	rows, err := csv.NewReader(bytes.NewReader(mustRead(name))).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("embedded %s: %v", name, err))
	}
	return rows[1:]
}

func mustInt(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("embedded count %q: %v", s, err))
	}
	return n
}

// band is one census age band of one sex.
type band struct {
	label    string
	from, to int // inclusive
	persons  int // census count of the whole band
}

// census holds what the generator takes from the 2020 census of the district.
type census struct {
	men, women []band
	under18    float64 // share of the whole population
	onePerson  float64 // share of family households
	meanSize   float64 // persons per family household
	rented     float64 // share of homes
	otherHome  float64 // share of homes neither rented nor owned
}

// readCensus reads the embedded census tables. Single years are assumed
// uniform within a band: two fifths of the band 15–19 are 18 or 19.
func readCensus() census {
	var c census
	total, adults := 0.0, 0.0
	for _, r := range table("xuhui_census2020_sex_age.csv") {
		b := band{label: r[1], persons: mustInt(r[2])}
		b.from, b.to = bandRange(b.label)
		total += float64(b.persons)
		adults += b.adults()
		if r[0] == "男" {
			c.men = append(c.men, b)
		} else {
			c.women = append(c.women, b)
		}
	}
	c.under18 = 1 - adults/total
	m := map[string]float64{}
	for _, r := range table("xuhui_census2020_households.csv") {
		m[r[0]] = float64(mustInt(r[1]))
	}
	c.onePerson = m["一人户数"] / m["家庭户数"]
	c.meanSize = m["家庭户人口数"] / m["家庭户数"]
	homes := m["住房来源_租赁"] + m["住房来源_自建"] + m["住房来源_购买"] + m["住房来源_继承或赠予"] + m["住房来源_其他"]
	c.rented = m["住房来源_租赁"] / homes
	c.otherHome = m["住房来源_其他"] / homes
	return c
}

// adults is how many of a band are 18 or older.
func (b band) adults() float64 {
	switch {
	case b.to < 18:
		return 0
	case b.from >= 18:
		return float64(b.persons)
	}
	return float64(b.persons) * float64(b.to-17) / float64(b.to-b.from+1)
}

// bandRange reads "0岁", "1到4岁" and "85岁以上"; the open band ends at 99.
func bandRange(label string) (from, to int) {
	if n, _ := fmt.Sscanf(label, "%d到%d岁", &from, &to); n == 2 {
		return from, to
	}
	if _, err := fmt.Sscanf(label, "%d岁", &from); err != nil {
		panic(fmt.Sprintf("embedded age band %q", label))
	}
	if from >= 85 {
		return from, 99
	}
	return from, from
}
