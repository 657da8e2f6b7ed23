package field

import "testing"

// TestASmallBatchWaitsForALargeOne: until it has grown, or the other has landed.
func TestASmallBatchWaitsForALargeOne(t *testing.T) {
	t.Parallel()
	var a air
	if a.depart(3) != nil {
		t.Fatal("the first batch waits for nobody")
	}
	landed := a.depart(2)
	if landed == nil || a.depart(1) != landed {
		t.Fatal("a smaller batch went while a larger one was being written")
	}
	if a.depart(3) != nil {
		t.Error("a batch of the same size waits")
	}
	if a.depart(5) == nil {
		t.Error("five went beside six")
	}
	a.land(3)
	select {
	case <-landed:
	default:
		t.Error("who waits is not told of a landing")
	}
	a.start(1)
	a.land(3)
	a.land(1)
	if a.n != 0 || a.depart(1) != nil {
		t.Errorf("%d are said to be in the air when all have landed", a.n)
	}
}
