// Package demo makes the demonstration: Xuhui district of Shanghai with its
// real streets, residents' committees and census proportions, and about
// 100,000 synthetic residents, workers, indicators and panel ratings, plus a
// simulated fieldwork whose truth is known.
//
// Everything follows from one seed (PCG of math/rand/v2), to the byte. There
// is no clock, no file and no network here: [Generate] makes a [World],
// [World.Simulate] plays the fieldwork for whoever was really drawn, and the
// CSV writers give the files in the columns of the product's own import.
//
// The areas are real; the people, the answers and the stories are not. What a
// story says about a named committee is invented and says nothing about the
// real one. docs/demo.md describes the model with all its numbers.
package demo
