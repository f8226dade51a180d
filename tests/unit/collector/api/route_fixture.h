// SPDX-License-Identifier: Apache-2.0
/* The collector's endpoints with requests made in memory: request in, status
 * and body out. Behind them stand a real store and real ingest threads.
 * Include after the header of cmocka.
 */
#ifndef PARALLAX_TESTS_ROUTE_FIXTURE_H
#define PARALLAX_TESTS_ROUTE_FIXTURE_H

#include "base/fs.h"
#include "base/log.h"
#include "collector/api/route.h"
#include "collector/api/service.h"
#include "tests/unit/tmp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "20240212T203347Z_webconnectivity_IT_137_n1_abcdefghijklmnop"

#define RECORD(more)                                                           \
    "{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","                 \
    "\"probe_asn\":\"AS137\",\"measurement_start_time\":"                      \
    "\"2024-02-12 20:33:47\",\"input\":\"https://www.example.com/\","          \
    "\"software_name\":\"x\",\"software_version\":\"1\"," more                 \
    "\"test_keys\":{\"queries\":[],\"tcp_connect\":[],"                        \
    "\"tls_handshakes\":[],\"requests\":[],\"network_events\":[]}}"
#define UPLOAD(record) "{\"format\":\"json\",\"content\":" record "}"

struct exchange {
    struct http_req req; /* first */
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done;
    struct http_field headers[4];
};

static inline void on_defer(struct http_req *req)
{
    (void)req;
}

static inline void on_answer(struct http_req *req)
{
    struct exchange *x = (struct exchange *)req;
    pthread_mutex_lock(&x->lock);
    assert_false(x->done); /* exactly one answer */
    x->done = true;
    pthread_cond_signal(&x->answered);
    pthread_mutex_unlock(&x->lock);
}

static inline void exchange_init(struct exchange *x, const char *method,
                                 const char *path, struct str body)
{
    *x = (struct exchange){.req = {.method = method,
                                   .path = path,
                                   .peer = "127.0.0.1",
                                   .body = body,
                                   .headers = x->headers,
                                   .on_defer = on_defer,
                                   .on_answer = on_answer}};
    x->req.region = region_new(1 << 20);
    assert_non_null(x->req.region);
    buf_init(&x->req.reply.body, 1 << 20);
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->answered, NULL);
}

static inline void header(struct exchange *x, const char *name,
                          const char *value)
{
    assert_true(x->req.n_headers < 4);
    x->headers[x->req.n_headers++] = (struct http_field){name, value};
}

static inline void exchange_run(struct exchange *x, struct service *s)
{
    route_handle(s, &x->req);
    pthread_mutex_lock(&x->lock);
    while (!x->done) {
        pthread_cond_wait(&x->answered, &x->lock);
    }
    pthread_mutex_unlock(&x->lock);
}

static inline void exchange_fini(struct exchange *x)
{
    buf_fini(&x->req.reply.body);
    region_free(x->req.region);
    pthread_mutex_destroy(&x->lock);
    pthread_cond_destroy(&x->answered);
}

struct fixture {
    char dir[64];
    struct store *store;
    struct control_keys *keys;
    struct relays *relays;
    struct site_lists *lists;
    struct handouts *handouts;
    struct region *region;
    struct service service;
};

static inline void write_file(const char *dir, const char *name,
                              const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(fs_write_atomic(path, str_c(text), 0600, NULL), ERR_OK);
}

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_route.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    char lists[100];
    snprintf(lists, sizeof(lists), "%s/lists", f->dir);
    assert_int_equal(fs_mkdirs(lists, 0700, NULL), ERR_OK);
    static const char head[] =
        "url,category_code,category_description,date_added,source,notes\n";
    char text[2000];
    snprintf(text, sizeof(text),
             "%shttps://www.example.com/,NEWS,News Media,,,\n"
             "https://www.example.org/,HUMR,Human Rights,,,\n",
             head);
    write_file(lists, "global.csv", text);
    snprintf(text, sizeof(text),
             "%shttps://it.example.com/,NEWS,News Media,,,\n", head);
    write_file(lists, "it.csv", text);
    snprintf(text, sizeof(text),
             "%shttps://ir.example.com/,NEWS,News Media,,,\n", head);
    write_file(lists, "ir.csv", text);
    write_file(lists, "xx.csv", "url,notes\nhttps://bad.example.com/,LGBT\n");
    struct diag d = {{0}};
    assert_int_equal(store_open(f->dir, STORE_WRITE, &f->store, &d), ERR_OK);
    assert_int_equal(control_keys_open(f->dir, &f->keys, &d), ERR_OK);
    assert_int_equal(site_lists_load(f->dir, &f->lists, &d), ERR_OK);
    f->region = region_new(1 << 20);
    assert_int_equal(
        relays_parse(STR("185.220.101.0/24 # exits"), &f->relays, &d), ERR_OK);
    struct ingest_config cfg = {
        .store = f->store,
        .acceptor = {.keys = f->keys, .relays = f->relays},
        .workers = 2,
        .max_jobs = 64,
        .max_record = 1 << 20,
        .deadline_us = 20 * 1000000};
    assert_int_equal(ingest_start(&cfg, &f->service.ingest), ERR_OK);
    f->service.lists = f->lists;
    char handouts[100];
    snprintf(handouts, sizeof(handouts), "%s/handouts", f->dir);
    assert_int_equal(fs_mkdirs(handouts, 0700, NULL), ERR_OK);
    write_file(handouts, "vpn-other.json", "{ \"as\" : \"it is\" }");
    write_file(handouts, "vpn-nobody.json", "[]");
    write_file(handouts, "notes.txt", "{}");
    assert_int_equal(handouts_load(f->dir, &f->handouts, &d), ERR_OK);
    f->service.handouts = f->handouts;
    f->service.store = f->store;
    f->service.public_url = "https://collector.example";
    static const char *const off[] = {"torsf"};
    f->service.tests_off = off;
    f->service.n_tests_off = 1;
    assert_int_equal(service_add_helper(&f->service, f->region,
                                        SERVICE_WEB_CONNECTIVITY,
                                        "https://0.th.ooni.org", &d),
                     ERR_OK);
    assert_int_equal(
        service_add_helper(&f->service, f->region, SERVICE_WEB_CONNECTIVITY,
                           "cloudfront:https://d33d1gs9kpq1c5.cloudfront.net",
                           &d),
        ERR_OK);
    assert_int_equal(service_add_helper(&f->service, f->region,
                                        SERVICE_WEB_CONNECTIVITY, "ftp://x",
                                        &d),
                     ERR_INVAL);

    static const struct {
        enum service_kind kind;
        const char *text;
        enum err want;
    } others[] = {
        {SERVICE_TCP_ECHO, "130.192.91.7", ERR_OK},
        {SERVICE_TCP_ECHO, "127.0.0.1:7", ERR_OK}, /* for this machine */
        {SERVICE_TCP_ECHO, "http://130.192.91.7", ERR_INVAL},
        {SERVICE_TCP_ECHO, "echo.example", ERR_INVAL},
        {SERVICE_JSON_HEADERS, "130.192.91.7", ERR_INVAL},
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        assert_int_equal(service_add_helper(&f->service, f->region,
                                            others[i].kind, others[i].text, &d),
                         others[i].want);
    }
    assert_int_equal(service_add_proxy(&f->service, "10.0.0.1", &d), ERR_OK);
    assert_int_equal(service_add_proxy(&f->service, "proxy.example", &d),
                     ERR_INVAL);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    ingest_stop(f->service.ingest);
    ingest_free(f->service.ingest);
    site_lists_free(f->lists);
    handouts_free(f->handouts);
    control_keys_close(f->keys);
    relays_free(f->relays);
    store_close(f->store);
    region_free(f->region);
    assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    free(f);
    return 0;
}

static inline void upload(struct fixture *f, struct str body,
                          const char *encoding, const char *peer,
                          const char *forwarded, int want_status, char *answer,
                          size_t size)
{
    struct exchange x;
    exchange_init(&x, "POST", "/report/" ID, body);
    if (encoding) {
        header(&x, "content-encoding", encoding);
    }
    if (forwarded) {
        header(&x, "X-Forwarded-For", "6.6.6.6");
        header(&x, "x-forwarded-for", forwarded);
    }
    x.req.peer = peer;
    exchange_run(&x, &f->service);
    struct str got = buf_str(&x.req.reply.body);
    snprintf(answer, size, STR_FMT, STR_ARG(got));
    if (x.req.reply.status != want_status) {
        fail_msg("%d instead of %d: %s", x.req.reply.status, want_status,
                 answer);
    }
    exchange_fini(&x);
}

#endif
