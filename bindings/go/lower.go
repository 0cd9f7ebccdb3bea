package countersign

// #include "calls.h"
import "C"

import "unsafe"

// A lowered configuration is in C memory, which is wiped when it is freed, since it contains secrets.
type lowered struct {
	memory  []byte
	secrets *C.countersign_secret
	count   C.size_t
	texts   []*C.char
}

func lowerSecrets(secrets []Secret, texts ...string) *lowered {
	size := sizeOf[C.countersign_secret](len(secrets)) + 1
	for _, secret := range secrets {
		size += uintptr(len(secret.bytes()))
	}
	for _, text := range texts {
		size += uintptr(len(text))
	}
	start := C.malloc(C.size_t(size))
	made := &lowered{memory: unsafe.Slice((*byte)(start), size), count: C.size_t(len(secrets))}
	to := &writer{start}
	places := array[C.countersign_secret](to, len(secrets))
	made.secrets = unsafe.SliceData(places)
	for index, secret := range secrets {
		place := &places[index]
		bytes := secret.bytes()
		place.data, place.length = text(to, bytes), C.size_t(len(bytes))
		if !secret.notBefore.IsZero() {
			place.bounds |= C.COUNTERSIGN_BOUND_NOT_BEFORE
			place.not_before_ms = C.int64_t(secret.notBefore.UnixMilli())
		}
		if !secret.notAfter.IsZero() {
			place.bounds |= C.COUNTERSIGN_BOUND_NOT_AFTER
			place.not_after_ms = C.int64_t(secret.notAfter.UnixMilli())
		}
	}
	for _, each := range texts {
		made.texts = append(made.texts, (*C.char)(text(to, each)))
	}
	return made
}

func (l *lowered) wipe() {
	clear(l.memory)
	C.free(unsafe.Pointer(unsafe.SliceData(l.memory)))
}
