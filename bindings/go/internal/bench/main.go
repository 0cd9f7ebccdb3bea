//go:build cgo

// Command bench prints how long a verification takes beside the same with Go's standard library, as ratios of one run.
//
// All contestants get the signature as text and the body, and must come to the same verdict, or nothing is measured. Each
// number is the shortest of many rounds, in which the contestants take turns. It is processor time of the whole process, so
// that garbage is paid for by those who made it, and other programs on the machine disturb less.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"syscall"
	"time"

	"countersign.example/countersign"
)

var sizes = []int{32, 256, 1024, 65536}

// How many items a batch holds. (Single verifications go round a few of them.)
const (
	batch = 512
	few   = 16
)

func main() {
	rounds := flag.Int("rounds", 40, "how often the contestants take turns")
	turn := flag.Duration("turn", 10*time.Millisecond, "how long a turn is, about")
	only := flag.String("algorithm", "", "measure this one alone, such as SHA_256")
	flag.Parse()

	fmt.Printf("%s %s/%s; %d rounds; ns a verification, and how many times as fast as crypto/hmac\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, *rounds)
	const columns = "%-8s %-12s %6v %8v %10v %9v %6v %13v %15v %9v %11v\n"
	fmt.Printf(columns, "", "", "bytes", "hmac.New", "hmac Reset", "Signature", "Batch",
		"New/Signature", "Reset/Signature", "New/Batch", "Reset/Batch")
	for _, kind := range kinds {
		if *only != "" && *only != kind.algorithm.String() {
			continue
		}
		for _, size := range sizes {
			items := kind.items(size)
			contestants := []contestant{kind.fresh(items), kind.reset(items), kind.single(items), kind.batch(items)}
			if err := agree(contestants); err != nil {
				fmt.Fprintf(os.Stderr, "bench: %s, %s, %d bytes: %v\n", kind.algorithm, kind.encoding, size, err)
				os.Exit(1)
			}
			shortest := race(contestants, *rounds, *turn)
			nanoseconds := func(index int) string { return fmt.Sprintf("%.0f", shortest[index]) }
			ratio := func(rival, ours int) string { return fmt.Sprintf("%.2f", shortest[rival]/shortest[ours]) }
			fmt.Printf(columns, kind.algorithm, kind.encoding, size, nanoseconds(0), nanoseconds(1), nanoseconds(2), nanoseconds(3),
				ratio(0, 2), ratio(1, 2), ratio(0, 3), ratio(1, 3))
		}
	}
}

// A contestant verifies some items at a time.
type contestant struct {
	name string
	// count is how many verifications one call of run does.
	count int
	// run does them, and tells how many were authentic.
	run func() int
	// verdicts judges all items.
	verdicts func(items []countersign.SignedBody) []bool
	items    []countersign.SignedBody
}

// agree makes sure that everyone says the same of right and of wrong items.
func agree(contestants []contestant) error {
	items := contestants[0].items
	mixed := make([]countersign.SignedBody, len(items))
	for index, item := range items {
		mixed[index] = item
		switch index % 3 {
		case 1: // another body
			mixed[index].Body = append([]byte{^item.Body[0]}, item.Body[1:]...)
		case 2: // no signature at all
			mixed[index].Signature = "!" + item.Signature[1:]
		}
	}
	for _, contestant := range contestants {
		if authentic := contestant.run(); authentic != contestant.count {
			return fmt.Errorf("%s takes %d of %d", contestant.name, authentic, contestant.count)
		}
		for index, verdict := range contestant.verdicts(mixed) {
			if verdict != (index%3 == 0) {
				return fmt.Errorf("%s says %t of item %d", contestant.name, verdict, index)
			}
		}
	}
	return nil
}

// race returns for each contestant the nanoseconds of its fastest turn, a verification.
func race(contestants []contestant, rounds int, turn time.Duration) []float64 {
	shortest, repeats := make([]float64, len(contestants)), make([]int, len(contestants))
	for index, contestant := range contestants {
		shortestRun := turn
		for range 20 {
			start := time.Now()
			contestant.run()
			shortestRun = min(shortestRun, time.Since(start))
		}
		repeats[index] = max(1, int(turn/max(shortestRun, 1)))
	}
	for round := range rounds {
		for index, contestant := range contestants {
			runtime.GC()
			start := processorTime()
			for range repeats[index] {
				contestant.run()
			}
			each := float64(processorTime()-start) / float64(repeats[index]*contestant.count)
			if round == 0 || each < shortest[index] {
				shortest[index] = each
			}
		}
	}
	return shortest
}

// processorTime is what the process has used up to now, its garbage collector included.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
