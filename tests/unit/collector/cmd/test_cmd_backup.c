// SPDX-License-Identifier: Apache-2.0
/* `backup`: what is damaged is copied, told, and the exit status says so. */
#include "collector/cmd/cmd_backup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static int backup(const struct fixture *f, const char *to)
{
    static const struct opt_table *known[] = {NULL, NULL};
    char data[80];
    char *argv[] = {(char *)(uintptr_t) "backup", data, (char *)(uintptr_t)to,
                    NULL};
    struct region *r = region_new(1 << 20);
    struct opt_set *set = NULL;
    struct diag d = {{0}};
    bool help = false;
    assert_non_null(r);
    known[0] = cmd_backup.table;
    snprintf(data, sizeof(data), "--data=%s", f->dir);
    assert_int_equal(
        opt_parse(r, cmd_backup.table, known, 3, argv, &set, &help, &d),
        ERR_OK);
    int status = cmd_backup.run(r, set);
    region_free(r);
    return status;
}

static void a_damaged_store_is_told_when_it_is_copied(void **state)
{
    struct fixture *f = *state;
    char copy[128], path[128], inside[160];
    open_store(f, STORE_WRITE);
    for (unsigned i = 0; i < 5; i++) {
        put_number(f, i);
    }
    store_close(f->s);
    f->s = NULL;
    snprintf(copy, sizeof(copy), "%s.copy", f->dir);
    assert_int_equal(backup(f, copy), EXIT_DONE);
    assert_int_equal(fs_remove_tree(copy, NULL), ERR_OK);
    path_of(f, "segments/00000001.seg", path);
    FILE *seg = fopen(path, "r+");
    assert_non_null(seg);
    fseek(seg, (long)segment_size(f) / 2, SEEK_SET);
    fputs("????", seg);
    fclose(seg);
    assert_int_equal(backup(f, copy), EXIT_PARTLY);
    snprintf(inside, sizeof(inside), "%s/segments/00000001.seg", copy);
    assert_int_equal(access(inside, F_OK), 0);
    assert_int_equal(fs_remove_tree(copy, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_damaged_store_is_told_when_it_is_copied, set_up, tear_down),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
