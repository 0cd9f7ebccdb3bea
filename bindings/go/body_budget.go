//go:build cgo

package countersign

import (
	"errors"
	"sync/atomic"
)

// ErrBusy is what OnReject of a [Middleware] gets for a body that does not fit into its BodyBudget beside those that are
// in memory already. The sender gets 503 with Retry-After.
var ErrBusy = errors.New("countersign: the bodies that are held already fill the budget")

// A budget is the bytes that all bodies may take together. nil is without limit.
type budget struct {
	limit int64
	used  atomic.Int64
}

// newBudget returns a budget of so many bytes, or none for 0 and less.
func newBudget(bytes int64) *budget {
	if bytes <= 0 {
		return nil
	}
	return &budget{limit: bytes}
}

// share returns the share of a body of which nothing has arrived yet.
func (b *budget) share() *share {
	if b == nil {
		return nil
	}
	return &share{budget: b}
}

// A share is what one body takes of a budget. nil is that of no budget. It is for one goroutine.
type share struct {
	budget *budget
	bytes  int64
}

// growTo makes the share at least so large. It returns false, and changes nothing, if the budget does not have as much.
func (s *share) growTo(bytes int64) bool {
	if s == nil || bytes <= s.bytes {
		return true
	}
	more := bytes - s.bytes
	// Another request may see the sum in between, and be refused although it would have fitted: never the other way round.
	if s.budget.used.Add(more) > s.budget.limit {
		s.budget.used.Add(-more)
		return false
	}
	s.bytes = bytes
	return true
}

// giveBack returns all of the share to the budget.
func (s *share) giveBack() {
	if s != nil {
		s.budget.used.Add(-s.bytes)
		s.bytes = 0
	}
}
