//go:build !cgo

package countersign

// Without cgo there is no package, and the compiler shows this name.
var _ = countersign_needs_cgo__set_CGO_ENABLED_1_and_install_a_C_compiler
