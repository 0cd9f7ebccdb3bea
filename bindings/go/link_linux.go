package countersign

// Links the static library, so that a program needs no file of ours where it runs. pkg-config says where it is, and
// also names the shared library, which --as-needed then leaves out, since nothing needs it any more.

// #cgo LDFLAGS: -Wl,--as-needed -l:libcountersign.a -lpthread -lm -ldl
// #cgo pkg-config: countersign
import "C"
