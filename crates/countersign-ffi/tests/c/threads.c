/* Eight threads share a verifier and a signer: one call at once, in batches, and in streams. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 8, ROUNDS = 2000, BATCH = 40 };

typedef struct {
    const countersign_verifier *verifier;
    const countersign_signer *signer;
    unsigned long wrong;
    unsigned number;
} worker;

static unsigned long wrong_if(int is_wrong) {
    return is_wrong != 0;
}

/* Every third body is not the one that was signed. */
static unsigned long in_a_batch(const worker *own) {
    countersign_signed_body items[BATCH];
    countersign_verdict verdicts[BATCH];
    unsigned long wrong = 0;
    for (int index = 0; index < BATCH; index++) {
        countersign_signed_body item = {own->verifier, SIGNATURE, strlen(SIGNATURE), BODY, strlen(BODY)};
        if (index % 3 == 2) item.body_length--;
        items[index] = item;
    }
    wrong += wrong_if(countersign_verify_batch(items, BATCH, verdicts) != COUNTERSIGN_STATUS_MISMATCH);
    for (int index = 0; index < BATCH; index++) {
        wrong += wrong_if(verdicts[index].status
                          != (index % 3 == 2 ? COUNTERSIGN_STATUS_MISMATCH : COUNTERSIGN_STATUS_AUTHENTIC));
    }
    return wrong;
}

static unsigned long in_a_stream(const worker *own) {
    countersign_stream *stream = NULL;
    countersign_verdict verdict;
    unsigned long wrong = 0;
    wrong += wrong_if(countersign_stream_begin_signature(own->verifier, SIGNATURE, strlen(SIGNATURE), &stream) != 0);
    wrong += wrong_if(countersign_stream_update(stream, BODY, 5) != 0);
    wrong += wrong_if(countersign_stream_update(stream, &BODY[5], strlen(BODY) - 5) != 0);
    wrong += wrong_if(countersign_stream_finish(stream, &verdict) != 0 || verdict.secret_index != 0);
    countersign_stream_free(stream);
    return wrong;
}

static unsigned long sign_and_verify(const worker *own, unsigned round) {
    char body[64];
    countersign_delivery delivery;
    countersign_headers *lines = NULL;
    countersign_header header;
    unsigned long wrong = 0;
    memset(&delivery, 0, sizeof delivery);
    delivery.body = body;
    delivery.body_length = (size_t)snprintf(body, sizeof body, "thread %u, round %u", own->number, round);
    wrong += wrong_if(countersign_sign(own->signer, &delivery, NULL, 0, 0, &lines, NULL) != 0);
    wrong += wrong_if(countersign_headers_get(lines, 0, &header) != 0);
    delivery.headers = &header;
    delivery.header_count = 1;
    wrong += wrong_if(countersign_verify(own->verifier, &delivery, 0, NULL) != 0);
    body[0]++;
    wrong += wrong_if(countersign_verify(own->verifier, &delivery, 0, NULL) != COUNTERSIGN_STATUS_MISMATCH);
    countersign_headers_free(lines);
    return wrong;
}

static void *work(void *argument) {
    worker *own = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        own->wrong += wrong_if(
            countersign_verify_signature(own->verifier, SIGNATURE, strlen(SIGNATURE), BODY, strlen(BODY), NULL) != 0);
        own->wrong +=
            wrong_if(countersign_verify_signature(own->verifier, SIGNATURE, strlen(SIGNATURE), BODY, 1, NULL) == 0);
        own->wrong += sign_and_verify(own, round);
        own->wrong += in_a_stream(own);
        if (round % 10 == 0) own->wrong += in_a_batch(own);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    worker workers[THREADS];
    countersign_verifier *verifier = example_verifier();
    countersign_signer *signer = NULL;
    EXPECT(0, countersign_signer_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, SECRET,
                                      strlen(SECRET), &signer, NULL));
    for (unsigned index = 0; index < THREADS; index++) {
        worker new = {verifier, signer, 0, index};
        workers[index] = new;
        CHECK(pthread_create(&threads[index], NULL, work, &workers[index]) == 0);
    }
    for (unsigned index = 0; index < THREADS; index++) {
        CHECK(pthread_join(threads[index], NULL) == 0);
        check(workers[index].wrong == 0, __FILE__, __LINE__, "thread %u: %lu calls went wrong", index,
              workers[index].wrong);
    }
    countersign_verifier_free(verifier);
    countersign_signer_free(signer);
    return report("threads");
}
