/* C functions for the Go code, where calling those of countersign.h directly would cost more.

   Bytes are `const char *` here, and not `const void *`: cgo then knows from the type that they contain no pointers, and
   does not search the memory around them at each call. A verdict is returned by value, so that no place for it is needed;
   it is internal, and not authentic, until the library has written another. */
#ifndef COUNTERSIGN_GO_CALLS_H
#define COUNTERSIGN_GO_CALLS_H

#include <countersign.h>
#include <stdlib.h>
#include <string.h>

#if COUNTERSIGN_ABI_NUMBER != 1
#error "this Go package needs libcountersign with COUNTERSIGN_ABI_NUMBER 1; install the one that comes with it"
#endif

static inline countersign_verdict go_verify_signature(const countersign_verifier *verifier, const char *signature,
                                                      size_t signature_length, const char *body, size_t body_length) {
    countersign_verdict verdict = {COUNTERSIGN_STATUS_INTERNAL, COUNTERSIGN_ALGORITHM_NONE, COUNTERSIGN_NO_SECRET};
    countersign_verify_signature(verifier, signature, signature_length, body, body_length, &verdict);
    return verdict;
}

/* The body of `delivery` is in Go memory, so it is passed separately. */
static inline countersign_verdict go_verify(const countersign_verifier *verifier, countersign_delivery *delivery,
                                            const char *body, size_t body_length, int64_t now_ms) {
    countersign_verdict verdict = {COUNTERSIGN_STATUS_INTERNAL, COUNTERSIGN_ALGORITHM_NONE, COUNTERSIGN_NO_SECRET};
    delivery->body = body;
    delivery->body_length = body_length;
    countersign_verify(verifier, delivery, now_ms, &verdict);
    delivery->body = NULL;
    delivery->body_length = 0;
    return verdict;
}

/* The body of `delivery` is in Go memory, so it is passed separately. */
static inline countersign_status go_identify(const countersign_verifier *verifier, countersign_delivery *delivery,
                                             const char *body, size_t body_length,
                                             countersign_identity *identity) {
    countersign_status status;
    delivery->body = body;
    delivery->body_length = body_length;
    status = countersign_identify(verifier, delivery, identity);
    delivery->body = NULL;
    delivery->body_length = 0;
    return status;
}

/* The results of countersign_delivery_id that are numbers, by value. */
typedef struct go_id {
    countersign_status status;
    uint32_t is_signed;
    size_t length;
} go_id;

/* The body of `delivery` is in Go memory, so it is passed separately. `text` has room for any id. */
static inline go_id go_delivery_id(const countersign_verifier *verifier, countersign_delivery *delivery,
                                   const char *body, size_t body_length, char *text) {
    go_id id = {COUNTERSIGN_STATUS_INTERNAL, 0, 0};
    delivery->body = body;
    delivery->body_length = body_length;
    id.status = countersign_delivery_id(verifier, delivery, text, COUNTERSIGN_MAX_DELIVERY_ID, &id.length, &id.is_signed);
    delivery->body = NULL;
    delivery->body_length = 0;
    return id;
}

/* The results of countersign_handshake_new, by value. */
typedef struct go_answer {
    countersign_status status;
    countersign_handshake *handshake;
} go_answer;

/* The body of `delivery` is in Go memory, so it is passed separately. */
static inline go_answer go_handshake(const countersign_verifier *verifier, countersign_delivery *delivery,
                                     const char *body, size_t body_length, int64_t now_ms) {
    go_answer answer = {COUNTERSIGN_STATUS_INTERNAL, NULL};
    delivery->body = body;
    delivery->body_length = body_length;
    answer.status = countersign_handshake_new(verifier, delivery, now_ms, &answer.handshake);
    delivery->body = NULL;
    delivery->body_length = 0;
    return answer;
}

/* The results of countersign_replay_memory_take, by value. */
typedef struct go_taken {
    countersign_status status;
    uint32_t is_handled;
    uint64_t ticket;
} go_taken;

static inline go_taken go_replay_take(countersign_replay_memory *memory, const countersign_identity *identity,
                                      int64_t now_ms, uint64_t window_seconds) {
    go_taken taken = {COUNTERSIGN_STATUS_INTERNAL, 0, 0};
    taken.status =
        countersign_replay_memory_take(memory, identity, now_ms, window_seconds, &taken.ticket, &taken.is_handled);
    return taken;
}

static inline uint32_t go_replay_finish(countersign_replay_memory *memory, const countersign_identity *identity,
                                        uint64_t ticket) {
    uint32_t is_remembered = 0;
    countersign_replay_memory_finish(memory, identity, ticket, &is_remembered);
    return is_remembered;
}

static inline uint32_t go_replay_forget(countersign_replay_memory *memory, const countersign_identity *identity,
                                        uint64_t ticket) {
    uint32_t is_remembered = 0;
    countersign_replay_memory_forget(memory, identity, ticket, &is_remembered);
    return is_remembered;
}

static inline countersign_status go_stream_update(countersign_stream *stream, const char *chunk, size_t chunk_length) {
    return countersign_stream_update(stream, chunk, chunk_length);
}

static inline countersign_verdict go_stream_finish(countersign_stream *stream) {
    countersign_verdict verdict = {COUNTERSIGN_STATUS_INTERNAL, COUNTERSIGN_ALGORITHM_NONE, COUNTERSIGN_NO_SECRET};
    countersign_stream_finish(stream, &verdict);
    return verdict;
}

/* The body of `message` is in Go memory, so it is passed separately. */
static inline countersign_status go_sign(const countersign_signer *signer, countersign_delivery *message,
                                         const char *body, size_t body_length, const char *id, size_t id_length,
                                         int64_t now_ms, countersign_headers **headers, countersign_text *error) {
    countersign_status status;
    message->body = body;
    message->body_length = body_length;
    status = countersign_sign(signer, message, id, id_length, now_ms, headers, error);
    message->body = NULL;
    message->body_length = 0;
    return status;
}

#endif
