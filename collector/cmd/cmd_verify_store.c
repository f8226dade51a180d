// SPDX-License-Identifier: Apache-2.0
/* `verify-store`: a data directory looked through from end to end. */
#include "collector/cmd/cmd_verify_store.h"

#include "base/json_out.h"
#include "collector/cmd/cmds.h"
#include "collector/store/store_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
    {.name = "json", .kind = OPT_FLAG, .help = "print JSON"},
};

static const struct opt_table table = {
    .command = "verify-store",
    .synopsis = "parallax-collector verify-store [options]",
    .summary = "is everything that is stored whole?",
    .text = "Reads all segments and compares them with the index; changes "
            "nothing, and can be\ndone while a collector serves. Each damage "
            "is told in a line; exit status 1 says\nthat there was one.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

/* Damage goes out at once in words, or into the list of the JSON. */
struct told {
    struct jw *w;
};

static void tell(void *arg, const char *words)
{
    const struct told *t = arg;
    if (t->w) {
        jw_str(t->w, str_c(words));
    } else {
        printf("%s\n", words);
    }
}

static void print_text(const struct store_verified *v)
{
    printf("%" PRIu64 " records whole, %" PRIu64 " damages\n", v->frames,
           v->damage);
    if (v->lost > 0) {
        printf("%" PRIu64 " of the damages %s acknowledged and %s lost\n",
               v->lost,
               v->lost == 1 ? "is a record that was" : "are records that were",
               v->lost == 1 ? "is" : "are");
    }
    if (v->back > 0) {
        printf("%" PRIu64
               " that were lost are back: `index rebuild` takes them "
               "in\n",
               v->back);
    }
    if (v->replaced > 0) {
        printf("%" PRIu64 " of the records were replaced by a later one\n",
               v->replaced);
    }
    if (v->older) {
        printf("the index is of an older version: the next command that opens "
               "it makes it again\n");
    }
    if (v->waiting > 0) {
        printf("%" PRIu64 " record%s more %s whole and not in the index yet: "
               "the next writer adds %s\n",
               v->waiting, v->waiting == 1 ? "" : "s",
               v->waiting == 1 ? "is" : "are", v->waiting == 1 ? "it" : "them");
    }
    if (v->torn > 0) {
        printf("%" PRIu64 " bytes at the end are not a whole record: being "
               "written, or cut off before they\nwere acknowledged\n",
               v->torn);
    }
}

static void json_end(struct jw *w, const struct store_verified *v)
{
    jw_arr_end(w);
    jw_kb(w, "older_index", v->older);
    jw_ki(w, "records", (int64_t)v->frames);
    jw_ki(w, "lost", (int64_t)v->lost);
    jw_ki(w, "back", (int64_t)v->back);
    jw_ki(w, "replaced", (int64_t)v->replaced);
    jw_ki(w, "waiting", (int64_t)v->waiting);
    jw_ki(w, "torn_bytes", (int64_t)v->torn);
    jw_obj_end(w);
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct store_verified v;
    struct diag d = {{0}};
    struct buf b;
    struct jw w;
    bool json = opt_flag(opts, "json");
    struct told t = {.w = json ? &w : NULL};
    (void)r;
    buf_init(&b, (size_t)64 << 20);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "damage");
    jw_arr(&w);
    enum err e = store_verify(opt_str(opts, "data"), tell, &t, &v, &d);
    if (e == ERR_OK && json) {
        json_end(&w, &v);
        e = b.failed;
    }
    if (e == ERR_OK && json) {
        printf("%.*s\n", (int)b.len, (const char *)b.p);
    } else if (e == ERR_OK) {
        print_text(&v);
    }
    if (e == ERR_OK && fflush(stdout) != 0) {
        e = ERR_IO;
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector verify-store: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    buf_fini(&b);
    return e == ERR_OK && v.damage == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct shell_command cmd_verify_store = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
