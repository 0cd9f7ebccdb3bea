/* Every vector of test-vectors/ gets the same number in C as in Rust: whole, in pieces, and in a batch.

   usage: vectors FOLDER */
#include <dirent.h>

#include "check.h"
#include "corpus.h"

static unsigned long vectors, passed, streams, identities, signatures, configurations, ids, handshakes;

static int same(const countersign_verdict *one, const countersign_verdict *other) {
    return one->status == other->status && one->algorithm == other->algorithm
           && one->secret_index == other->secret_index && one->covers_body == other->covers_body;
}

/* Compares a verdict, and the status that was returned with it, with what must come out. */
static void compare(const char *id, const char *how, countersign_status returned, const countersign_verdict *found,
                    const countersign_verdict *expected) {
    check(returned == expected->status && same(found, expected), __FILE__, __LINE__,
          "%s (%s): %s returned, %s by %s with secret %u over the body %u in the verdict; not %s by %s with secret %u over "
          "the body %u",
          id, how,
          countersign_status_name(returned), countersign_status_name(found->status),
          countersign_algorithm_name(found->algorithm), found->secret_index, found->covers_body,
          countersign_status_name(expected->status), countersign_algorithm_name(expected->algorithm),
          expected->secret_index, expected->covers_body);
}

static countersign_verdict expected_of(const json_t *vector) {
    const json_t *index = json_object_get(vector, "secret_index");
    long status = corpus_status(corpus_text(vector, "expect"));
    countersign_verdict expected;
    check(status >= 0, __FILE__, __LINE__, "%s: no status is called %s", corpus_text(vector, "id"),
          corpus_text(vector, "expect"));
    expected.status = (countersign_status)status;
    expected.algorithm = (countersign_algorithm)corpus_algorithm(corpus_text(vector, "algorithm"));
    expected.secret_index = index == NULL ? COUNTERSIGN_NO_SECRET : (uint32_t)json_integer_value(index);
    expected.covers_body = json_object_get(vector, "algorithm") != NULL && json_object_get(vector, "covers_body") == NULL;
    return expected;
}

/* The id of the delivery is the one that the vector states, if it states one. */
static void check_id(const json_t *vector, const countersign_verifier *verifier, const countersign_delivery *delivery) {
    const json_t *stated = json_object_get(vector, "delivery_id"), *text = json_object_get(stated, "text");
    char found[COUNTERSIGN_MAX_DELIVERY_ID];
    size_t length = 7;
    uint32_t is_signed = 7;
    if (stated == NULL) return;
    ids++;
    EXPECT(0, countersign_delivery_id(verifier, delivery, found, sizeof found, &length, &is_signed));
    check(length == json_string_length(text) && (length == 0 || memcmp(found, json_string_value(text), length) == 0)
              && is_signed == (uint32_t)json_is_true(json_object_get(stated, "is_signed")),
          __FILE__, __LINE__, "%s: the id is '%.*s', signed: %u", corpus_text(vector, "id"), (int)length, found,
          (unsigned)is_signed);
}

static int is_text(const char *found, size_t length, const json_t *expected) {
    return found != NULL && length == json_string_length(expected)
           && memcmp(found, json_string_value(expected), length) == 0 && found[length] == '\0';
}

/* Whether the answer is the one that the vector states. */
static int is_answer(const countersign_handshake *found, const json_t *stated) {
    const json_t *headers = json_object_get(stated, "headers"), *secret = json_object_get(stated, "secret"), *line;
    size_t index;
    if (found == NULL || !json_is_object(stated)) return found == NULL && json_is_null(stated);
    if (found->status != json_integer_value(json_object_get(stated, "status"))
        || found->header_count != json_array_size(headers)
        || !is_text(found->body, found->body_length, json_object_get(stated, "body"))) {
        return 0;
    }
    json_array_foreach(headers, index, line) {
        const countersign_header *header = &found->headers[index];
        if (!is_text(header->name, header->name_length, json_array_get(line, 0))
            || !is_text(header->value, header->value_length, json_array_get(line, 1))) {
            return 0;
        }
    }
    if (secret == NULL) return found->secret == NULL && found->secret_length == 0;
    return is_text(found->secret, found->secret_length, secret);
}

/* The answer to the handshake is the one that the vector states. Where it states none, it is made all the same. */
static void check_handshake(const json_t *vector, const countersign_verifier *verifier, const corpus_delivery *made) {
    const json_t *stated = json_object_get(vector, "handshake");
    countersign_handshake *found = NULL;
    EXPECT(0, countersign_handshake_new(verifier, &made->delivery, made->now_ms, &found));
    if (stated != NULL) {
        handshakes++;
        check(is_answer(found, stated), __FILE__, __LINE__, "%s: %s", corpus_text(vector, "id"),
              found == NULL ? "it is not answered" : found->body);
    }
    countersign_handshake_free(found);
}

/* Verifies in pieces. What is wrong with the headers is said at the beginning. */
static void in_pieces(const char *id, const countersign_verifier *verifier, const corpus_delivery *made, size_t size,
                      const countersign_verdict *expected) {
    const countersign_delivery *delivery = &made->delivery;
    countersign_verdict verdict = *expected;
    countersign_stream *stream = NULL;
    countersign_status status = countersign_stream_begin(verifier, delivery, made->now_ms, &stream);
    CHECK((stream != NULL) == (status == 0));
    if (status == 0) {
        for (size_t at = 0; at < delivery->body_length; at += size) {
            size_t rest = delivery->body_length - at;
            EXPECT(0, countersign_stream_update(stream, (const char *)delivery->body + at, rest < size ? rest : size));
        }
        status = countersign_stream_finish(stream, &verdict);
        countersign_stream_free(stream);
    }
    compare(id, "in pieces", status, &verdict, expected);
    streams++;
}

/* Identifies in pieces, as countersign_identify does the whole delivery. */
static void identified_in_pieces(const char *id, const countersign_verifier *verifier, const corpus_delivery *made,
                                 size_t size, const countersign_verdict *expected) {
    static const countersign_identity zeros = {{0}};
    const countersign_delivery *delivery = &made->delivery;
    countersign_verdict verdict = *expected;
    countersign_identity identity, whole;
    countersign_stream *stream = NULL;
    countersign_status identified = countersign_identify(verifier, delivery, &whole);
    countersign_status status = countersign_stream_begin_identified(verifier, delivery, made->now_ms, &stream);
    CHECK((stream != NULL) == (status == 0));
    if (identified == COUNTERSIGN_STATUS_UNSUPPORTED) {
        EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, status);
        return;
    }
    if (status == 0) {
        for (size_t at = 0; at < delivery->body_length; at += size) {
            size_t rest = delivery->body_length - at;
            EXPECT(0, countersign_stream_update(stream, (const char *)delivery->body + at, rest < size ? rest : size));
        }
        EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_identity(stream, &identity));
        status = countersign_stream_finish(stream, &verdict);
        EXPECT(status == 0 ? 0 : COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_identity(stream, &identity));
        CHECK(memcmp(&identity, status == 0 ? &whole : &zeros, sizeof identity) == 0);
        if (status == 0) identities++;
        countersign_stream_free(stream);
    }
    compare(id, "identified in pieces", status, &verdict, expected);
}

/* The one line whose name is that of the verifier's header, if there is just one line of it. */
static const countersign_header *only_line(const countersign_verifier *verifier, const countersign_delivery *delivery) {
    char name[256];
    countersign_text header = {name, sizeof name, 0};
    const countersign_header *found = NULL;
    EXPECT(0, countersign_verifier_header(verifier, &header));
    for (size_t index = 0; index < delivery->header_count; index++) {
        const countersign_header *line = &delivery->headers[index];
        if (line->name_length == header.length && memcmp(line->name, name, header.length) == 0) {
            if (found != NULL) return NULL;
            found = line;
        }
    }
    return found;
}

/* The batches of a file, which must agree with the single calls. */
static void in_batches(const char *file, countersign_received_delivery *deliveries, const countersign_verdict *expected,
                       size_t count) {
    countersign_verdict *verdicts = malloc((count + 1) * sizeof *verdicts), single;
    countersign_signed_body *items = malloc((count + 1) * sizeof *items);
    size_t item_count = 0;
    countersign_status first = 0, status;
    if (verdicts == NULL || items == NULL) abort();
    status = countersign_verify_delivery_batch(deliveries, count, verdicts);
    for (size_t index = 0; index < count; index++) {
        const countersign_delivery *delivery = &deliveries[index].delivery;
        const countersign_header *line = only_line(deliveries[index].verifier, delivery);
        compare(file, "batch of deliveries", verdicts[index].status, &verdicts[index], &expected[index]);
        if (first == 0) first = expected[index].status;
        if (line != NULL) {
            countersign_signed_body item = {deliveries[index].verifier, line->value, line->value_length, delivery->body,
                                            delivery->body_length};
            items[item_count++] = item;
        }
    }
    EXPECT(first, status);
    status = countersign_verify_batch(items, item_count, verdicts);
    first = 0;
    for (size_t index = 0; index < item_count; index++) {
        const countersign_signed_body *item = &items[index];
        countersign_status returned = countersign_verify_signature(
            item->verifier, item->signature, item->signature_length, item->body, item->body_length, &single);
        compare(file, "batch of signatures", returned, &verdicts[index], &single);
        if (first == 0) first = single.status;
        signatures++;
    }
    EXPECT(first, status);
    free(verdicts);
    free(items);
}

static void run(const char *file, const corpus_vector *list, size_t size) {
    static const size_t sizes[] = {1, 7, 64, 1000};
    size_t count = 0;
    corpus_delivery *made = calloc(size + 1, sizeof *made);
    countersign_received_delivery *deliveries = calloc(size + 1, sizeof *deliveries);
    countersign_verdict *expected = calloc(size + 1, sizeof *expected);
    if (made == NULL || deliveries == NULL || expected == NULL) abort();
    for (size_t index = 0; index < size; index++) {
        const json_t *vector = list[index].json;
        const char *id = corpus_text(vector, "id");
        unsigned long before = failures;
        char message[1024];
        countersign_text error = {message, sizeof message, 0};
        countersign_verdict verdict, *wanted = &expected[count];
        countersign_verifier *verifier = NULL;
        countersign_status status = corpus_verifier(&list[index], &verifier, &error);
        vectors++;
        *wanted = expected_of(vector);
        CHECK((verifier != NULL) == (status == 0) && (error.length == 0) == (status == 0));
        if (verifier == NULL) {
            check(status == wanted->status, __FILE__, __LINE__, "%s: %s, not %s: %s", id,
                  countersign_status_name(status), countersign_status_name(wanted->status), message);
            CHECK(strlen(message) == error.length || error.length >= sizeof message);
            configurations++;
            passed += failures == before;
            continue;
        }
        made[count] = corpus_delivery_of(vector);
        status = countersign_verify(verifier, &made[count].delivery, made[count].now_ms, &verdict);
        compare(id, "whole", status, &verdict, wanted);
        check_id(vector, verifier, &made[count].delivery);
        check_handshake(vector, verifier, &made[count]);
        status = countersign_verifier_can_stream(verifier, NULL);
        for (size_t at = 0; status == 0 && at < sizeof sizes / sizeof *sizes; at++) {
            in_pieces(id, verifier, &made[count], sizes[at], wanted);
            identified_in_pieces(id, verifier, &made[count], sizes[at], wanted);
        }
        if (status != 0) {
            countersign_stream *none = NULL;
            EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, status);
            EXPECT(status, countersign_stream_begin(verifier, &made[count].delivery, made[count].now_ms, &none));
            EXPECT(status, countersign_stream_begin_signature(verifier, "x", 1, &none));
            CHECK(none == NULL);
        }
        deliveries[count].verifier = verifier;
        deliveries[count].delivery = made[count].delivery;
        deliveries[count].now_ms = made[count].now_ms;
        count++;
        passed += failures == before;
    }
    in_batches(file, deliveries, expected, count);
    for (size_t index = 0; index < count; index++) {
        countersign_verifier_free((countersign_verifier *)deliveries[index].verifier);
        corpus_free(&made[index]);
    }
    free(made);
    free(deliveries);
    free(expected);
}

int main(int argc, char **argv) {
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    if (folder == NULL) {
        fprintf(stderr, "usage: vectors FOLDER\n");
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);
        char path[4096];
        corpus_vector *list;
        size_t count;
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0) continue;
        /* The schema lies beside the vectors. */
        if (strcmp(entry->d_name, "vectors.schema.json") == 0) continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        list = corpus_file(path, &count);
        run(entry->d_name, list, count);
        corpus_file_free(list, count);
    }
    closedir(folder);
    printf("%lu refused configurations; %lu streams, %lu identities, %lu signatures in batches\n", configurations,
           streams, identities, signatures);
    printf("vectors: %lu of %lu passed\n", passed, vectors);
    CHECK(vectors >= 5000 && streams >= 4 * 4000 && identities >= 4 * 1000 && signatures >= 4000 && configurations >= 500
          && ids >= 300 && handshakes >= 400);
    return report("vectors");
}
