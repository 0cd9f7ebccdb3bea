//go:build cgo

package countersign

import (
	"errors"
	"sync/atomic"
)

// ErrBusy is what OnReject of a [Middleware] gets for a body that does not fit into its BodyBudget beside those that are
// in memory already. The sender gets 503 with Retry-After.
var ErrBusy = errors.New("countersign: the bodies that are held already fill the budget")

const (
	// The most bytes of a body that counts as small.
	smallBody = 64 << 10
	// Of a budget whose room for small bodies is not set, this part is that room.
	smallPart = 8
)

// A counter is a number of bytes, of which some are taken.
type counter struct {
	limit int64
	used  atomic.Int64
}

// take takes bytes. It returns false, and takes none, if there are not as many.
func (c *counter) take(bytes int64) bool {
	// Another request may see the sum in between, and be refused although it would have fitted: never the other way round.
	if c.used.Add(bytes) > c.limit {
		c.used.Add(-bytes)
		return false
	}
	return true
}

// A budget is the bytes that all bodies may take together. nil is without limit.
type budget struct {
	all counter
	// For small bodies alone, which take from all when it is full.
	small counter
}

// newBudget returns a budget of total bytes, or none for 0 and less, for bodies of up to limit bytes. Small ones have a room of
// small bytes beside it; for 0 it is a part of total, which leaves room for the largest body; for less there is none.
func newBudget(total, small, limit int64) *budget {
	if total <= 0 {
		return nil
	}
	b := &budget{}
	b.all.limit, b.small.limit = total, max(small, 0)
	if small == 0 {
		if room := min(total/smallPart, total-limit); room >= smallBody {
			b.all.limit, b.small.limit = total-room, room
		}
	}
	return b
}

// share returns the share of a body of which nothing has arrived yet.
func (b *budget) share() *share {
	if b == nil {
		return nil
	}
	return &share{budget: b, isSmall: true}
}

// A share is what one body takes of a budget. nil is that of no budget. It is for one goroutine.
type share struct {
	budget *budget
	bytes  int64
	// Whether the bytes are of the room for small bodies.
	isSmall bool
}

// growTo makes the share at least so large. It returns false, and changes nothing, if the budget does not have as much.
func (s *share) growTo(bytes int64) bool {
	if s == nil || bytes <= s.bytes {
		return true
	}
	if s.isSmall && bytes <= smallBody && s.budget.small.take(bytes-s.bytes) {
		s.bytes = bytes
		return true
	}
	// What is not small, or has no room among the small ones, moves as a whole.
	more := bytes - s.bytes
	if s.isSmall {
		more = bytes
	}
	if !s.budget.all.take(more) {
		return false
	}
	if s.isSmall {
		s.budget.small.used.Add(-s.bytes)
		s.isSmall = false
	}
	s.bytes = bytes
	return true
}

// giveBack returns all of the share to the budget.
func (s *share) giveBack() {
	if s == nil {
		return
	}
	from := &s.budget.all
	if s.isSmall {
		from = &s.budget.small
	}
	from.used.Add(-s.bytes)
	s.bytes = 0
}
