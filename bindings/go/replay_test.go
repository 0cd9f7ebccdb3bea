//go:build cgo

package countersign

import (
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var replayNow = time.Unix(1_700_000_000, 0)

// remembering returns a memory with this capacity.
func remembering(t testing.TB, capacity int) *ReplayMemory {
	t.Helper()
	memory, err := NewReplayMemory(capacity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	return memory
}

func numbered(number int) (identity Identity) {
	identity[0] = 1 // zeros are no identity
	binary.BigEndian.PutUint64(identity[24:], uint64(number))
	return identity
}

// taken takes a message that must not have been accepted before.
func taken(t testing.TB, memory *ReplayMemory, number int, after time.Duration) Ticket {
	t.Helper()
	ticket, err := memory.Take(numbered(number), replayNow.Add(after), time.Minute)
	if err != nil || ticket.Identity() != numbered(number) || ticket.number == 0 {
		t.Fatalf("%d: %v, %v", number, ticket, err)
	}
	return ticket
}

// repeated takes a message that was accepted before.
func repeated(t testing.TB, memory *ReplayMemory, number int, after time.Duration, expected error) {
	t.Helper()
	ticket, err := memory.Take(numbered(number), replayNow.Add(after), time.Minute)
	if ticket != (Ticket{}) || err != expected || !errors.Is(err, ErrReplayed) || Code(err) != 14 {
		t.Errorf("%d: %v, %v; not %v", number, ticket, err, expected)
	}
}

func TestAMessageIsTakenOnce(t *testing.T) {
	memory := remembering(t, 10)
	first := taken(t, memory, 1, 0)
	repeated(t, memory, 1, 0, ErrInProgress)
	if !memory.Finish(first) {
		t.Error("it is not remembered")
	}
	repeated(t, memory, 1, 0, ErrReplayed)
	if errors.Is(ErrReplayed, ErrInProgress) || memory.Len() != 1 || memory.Evicted() != 0 {
		t.Error(memory.Len(), memory.Evicted())
	}
	// A message that could not be handled arrives again.
	if !memory.Forget(first) || memory.Forget(first) || memory.Len() != 0 {
		t.Error("it is not forgotten")
	}
	second := taken(t, memory, 1, 0)
	// An earlier ticket for this message has no effect, nor has that of another message, nor an empty one.
	for _, ticket := range []Ticket{first, {numbered(2), second.number}, {numbered(1), 0}, {}} {
		if memory.Finish(ticket) || memory.Forget(ticket) {
			t.Errorf("%v settles what is not its own", ticket)
		}
	}
	repeated(t, memory, 1, 0, ErrInProgress)
	if !memory.Finish(second) {
		t.Error("it is not remembered")
	}
	repeated(t, memory, 1, 0, ErrReplayed)
}

func TestTheReplayWindowEnds(t *testing.T) {
	memory := remembering(t, 10)
	taken(t, memory, 1, 0)
	repeated(t, memory, 1, time.Minute, ErrInProgress)
	// Nobody has settled it, so it is accepted again, however often it arrived.
	ticket := taken(t, memory, 1, time.Minute+time.Millisecond)
	// The window of a handled message starts at the last time that it arrived.
	memory.Finish(ticket)
	repeated(t, memory, 1, 2*time.Minute, ErrReplayed)
	repeated(t, memory, 1, 3*time.Minute, ErrReplayed)
	taken(t, memory, 1, 4*time.Minute+time.Millisecond)
	// A fraction of a second counts as a whole one.
	if _, err := memory.Take(numbered(2), replayNow, time.Nanosecond); err != nil {
		t.Error(err)
	}
	if _, err := memory.Take(numbered(2), replayNow.Add(time.Second), time.Nanosecond); err != ErrInProgress {
		t.Error(err)
	}
	if _, err := memory.Take(numbered(2), replayNow.Add(1001*time.Millisecond), time.Second); err != nil {
		t.Error(err)
	}
	if _, err := memory.Take(numbered(2), replayNow, math.MaxInt64); err != ErrInProgress {
		t.Error(err)
	}
}

func TestTheOldestIsForgottenForWantOfRoom(t *testing.T) {
	memory := remembering(t, 2)
	for number := range 3 {
		taken(t, memory, number, 0)
	}
	if memory.Len() != 2 || memory.Evicted() != 1 {
		t.Error(memory.Len(), memory.Evicted())
	}
	repeated(t, memory, 1, 0, ErrInProgress)
	taken(t, memory, 0, 0)
	if memory.Evicted() != 2 {
		t.Error(memory.Evicted())
	}
}

func TestOfManyGoroutinesOneTakesAMessage(t *testing.T) {
	const messages = 200
	memory := remembering(t, messages)
	var all atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range messages {
				ticket, err := memory.Take(numbered(number), replayNow, time.Minute)
				switch {
				case err == nil && memory.Finish(ticket):
					all.Add(1)
				case !errors.Is(err, ErrReplayed):
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	if all.Load() != messages || memory.Len() != messages {
		t.Error(all.Load(), memory.Len())
	}
	for number := range messages {
		repeated(t, memory, number, 0, ErrReplayed)
	}
}

func TestTheWindowThatAVerifierNeeds(t *testing.T) {
	stripe, err := New(Config{Preset: "stripe", Secrets: []Secret{NewSecret("s")}, Tolerance: &Tolerance{5 * time.Minute, 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	widest, err := New(Config{Preset: "stripe", Secrets: []Secret{NewSecret("s")}, Tolerance: &Tolerance{math.MaxUint32 * time.Second, math.MaxUint32 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := New(Config{Token: true, Secrets: []Secret{NewSecret("a token")}})
	if err != nil {
		t.Fatal(err)
	}
	for index, test := range []struct {
		verifier       *Verifier
		window, needed time.Duration
		fault          error
	}{
		// Both tolerances, and one second more.
		{stripe, 0, 311 * time.Second, nil},
		{stripe, time.Hour, time.Hour, nil},
		{stripe, time.Hour + 1, time.Hour + time.Second, nil},
		{stripe, math.MaxInt64, math.MaxInt64, nil},
		{widest, 0, (2*math.MaxUint32 + 1) * time.Second, nil},
		{stripe, -1, 0, ErrInvalidArgument},
		{github(t), 24 * time.Hour, 24 * time.Hour, nil},
		{github(t), 0, 0, ErrInvalidConfig},
		{token, time.Hour, 0, ErrUnsupported},
		{nil, time.Hour, 0, ErrClosed},
		{new(Verifier), time.Hour, 0, ErrClosed},
	} {
		if needed, err := test.verifier.ReplayWindow(test.window); needed != test.needed || !errors.Is(err, test.fault) {
			t.Errorf("%d: %v, %v", index, needed, err)
		}
	}
}

func TestReplayMemoriesThatCannotBeUsed(t *testing.T) {
	for _, capacity := range []int{0, -1, math.MinInt} {
		if memory, err := NewReplayMemory(capacity); memory != nil || !errors.Is(err, ErrInvalidConfig) {
			t.Error(memory, err)
		}
	}
	closed := remembering(t, 10)
	ticket := taken(t, closed, 1, 0)
	for range 2 {
		if err := closed.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, memory := range []*ReplayMemory{nil, new(ReplayMemory), closed} {
		again, err := memory.Take(numbered(1), replayNow, time.Minute)
		if again != (Ticket{}) || err != ErrClosed || memory.Finish(ticket) || memory.Forget(ticket) || memory.Len() != 0 || memory.Evicted() != 0 {
			t.Error(again, err)
		}
	}
	if err := (*ReplayMemory)(nil).Close(); err != nil {
		t.Error(err)
	}
	memory := remembering(t, 10)
	for _, window := range []time.Duration{0, -1, math.MinInt64} {
		if _, err := memory.Take(numbered(1), replayNow, window); !errors.Is(err, ErrInvalidArgument) {
			t.Error(window, err)
		}
	}
	if _, err := memory.Take(Identity{}, replayNow, time.Minute); !errors.Is(err, ErrInvalidArgument) {
		t.Error(err)
	}
	if memory.Len() != 0 {
		t.Error(memory.Len())
	}
}

// A memory is used and closed by many goroutines at the same time: each call succeeds or returns ErrClosed.
func TestAReplayMemoryIsClosedDuringUse(t *testing.T) {
	for range 50 {
		memory := remembering(t, 10)
		var group sync.WaitGroup
		for worker := range 8 {
			group.Add(1)
			go func() {
				defer group.Done()
				for round := range 50 {
					ticket, err := memory.Take(numbered(round), replayNow, time.Minute)
					if err != nil && err != ErrClosed && !errors.Is(err, ErrReplayed) {
						t.Error(err)
					}
					memory.Finish(ticket)
					memory.Forget(ticket)
					if worker == 0 && round == 10 {
						_ = memory.Close()
						runtime.GC()
					}
					_, _ = memory.Len(), memory.Evicted()
				}
			}()
		}
		group.Wait()
	}
}
