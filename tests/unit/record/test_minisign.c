// SPDX-License-Identifier: Apache-2.0
/* Keys and signatures as minisign 0.11 makes them, and ours. */
#include "record/minisign.h"

#include "base/base64.h"

#include "base/fs.h"
#include "base/region.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Made with minisign 0.11: `-G -W`, then `-S` of "hello\n" with a comment, and
 * `-S -l` of "a\nb\n". */
static const char public_file[] =
    "untrusted comment: minisign public key 50898571E7B46E3\n"
    "RWTjRnseV5gIBRsrYZDSoj/f+VWExU6ezFeHhP3+MOljTj7G2aiDVA8D\n";
static const char hashed_file[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUTjRnseV5gIBSNXLdwgFx9AZQlZ6BmaR1GEZbOQBuvrOL6NpkhqOwHxf46t77HvFwJJ672Z"
    "Zw02IszuYkFQeKCjx6GE1W8kZw8=\n"
    "trusted comment: version:1 expires:2027-01-01\n"
    "LMhjq5MIDtlN1GI+py8eT79Ml5/WuPOKiRgzSsKSIhqCo7GSR4q1DgwIA4TuWmPszPE3KECa"
    "RaWoeEpjQLhKAg==\n";
static const char plain_file[] =
    "untrusted comment: signature from minisign secret key\n"
    "RWTjRnseV5gIBePQSFcMeMf7bsB/DslkGy7/mqOmJKTdNn/WtTYCOfZG2oeT8Ax5+Fz1VWkW"
    "fodUlOv9rhWR2tOXvdVztaLA9ww=\n"
    "trusted comment: timestamp:1796069899\tfile:g\n"
    "6dj+Gi1BguDbXs32c0Ca/MUsHNqh7l3vfxSDm6G64sLE3V3kaKSR7hvAiH0mxLtgPViVxw/Y"
    "uKfZCm3rO2yeAg==\n";

static struct minisign_public pub;
static const struct str no_password = {NULL, 0};
static struct minisign_signature sig;
static struct diag d;

static int setup(void **state)
{
    (void)state;
    d.text[0] = '\0';
    assert_int_equal(crypto_setup(), ERR_OK);
    assert_int_equal(minisign_read_public(str_c(public_file), &pub, &d),
                     ERR_OK);
    return 0;
}

static enum err verify(const char *file, const char *text)
{
    enum err e = minisign_read_signature(str_c(file), &sig, &d);
    return e == ERR_OK ? minisign_verify(&pub, str_c(text), &sig, &d) : e;
}

static void minisign_believes_what_minisign_signed(void **state)
{
    (void)state;
    assert_int_equal(verify(hashed_file, "hello\n"), ERR_OK);
    assert_true(sig.hashed);
    assert_true(str_eq_c(sig.comment, "version:1 expires:2027-01-01"));
    assert_int_equal(verify(plain_file, "a\nb\n"), ERR_OK);
    assert_false(sig.hashed);
    assert_true(str_eq_c(sig.comment, "timestamp:1796069899\tfile:g"));
}

static void minisign_takes_a_public_key_without_its_comment(void **state)
{
    struct minisign_public bare;
    (void)state;
    assert_int_equal(
        minisign_read_public(str_c(strchr(public_file, '\n') + 1), &bare, &d),
        ERR_OK);
    assert_memory_equal(&bare, &pub, sizeof(pub));
}

static void minisign_refuses_another_text_comment_or_key(void **state)
{
    char file[sizeof(hashed_file)];
    (void)state;
    assert_int_equal(verify(hashed_file, "hello"), ERR_ACCESS);
    assert_non_null(strstr(d.text, "not of this text"));
    memcpy(file, hashed_file, sizeof(file));
    *strstr(file, "2027") = '9';
    assert_int_equal(verify(file, "hello\n"), ERR_ACCESS);
    assert_non_null(strstr(d.text, "comment was changed"));
    pub.id[0] ^= 1;
    assert_int_equal(verify(hashed_file, "hello\n"), ERR_ACCESS);
    assert_non_null(strstr(d.text, "another key"));
    pub.id[0] ^= 1;
    pub.key[0] ^= 1;
    assert_int_equal(verify(hashed_file, "hello\n"), ERR_ACCESS);
}

/* A hash that was signed is not believed as the text itself. */
static void minisign_does_not_take_one_kind_for_the_other(void **state)
{
    char file[sizeof(hashed_file)];
    (void)state;
    memcpy(file, hashed_file, sizeof(file));
    strstr(file, "\nRU")[2] = 'W'; /* "ED" to "Ed" */
    assert_int_equal(verify(file, "hello\n"), ERR_ACCESS);
}

static void minisign_refuses_every_shorter_file(void **state)
{
    struct minisign_signature before;
    (void)state;
    memset(&sig, 7, sizeof(sig));
    before = sig;
    for (size_t n = 0; n + 1 < sizeof(hashed_file) - 1; n++) {
        assert_int_equal(
            minisign_read_signature((struct str){hashed_file, n}, &sig, &d),
            ERR_PARSE);
        assert_memory_equal(&sig, &before, sizeof(sig));
    }
    for (size_t n = 0; n + 1 < sizeof(public_file) - 1; n++) {
        assert_int_equal(
            minisign_read_public((struct str){public_file, n}, &pub, &d),
            ERR_PARSE);
    }
}

/* Every bit of what counts: a changed signature is refused one way or
 * another. */
static void minisign_misses_no_changed_byte(void **state)
{
    char file[sizeof(hashed_file)];
    size_t from = (size_t)(strchr(hashed_file, '\n') - hashed_file) + 1;
    (void)state;
    for (size_t i = from; i < sizeof(file) - 2; i++) {
        memcpy(file, hashed_file, sizeof(file));
        file[i] ^= 1;
        assert_int_not_equal(verify(file, "hello\n"), ERR_OK);
    }
}

static void minisign_refuses_what_is_no_file_of_its_kind(void **state)
{
    static const char *const bad[] = {
        "",
        "hello\n",
        "untrusted comment: x\n",
        "untrusted comment: x\n\n",
        "untrusted comment: x\n====\n",
        "untrusted comment: x\nRWTjRnse\n",
        "untrusted comment: a\033[31mb\n"
        "RWTjRnseV5gIBRsrYZDSoj/f+VWExU6ezFeHhP3+MOljTj7G2aiDVA8D\n",
        "untrusted comment: x\n"
        "RWTjRnseV5gIBRsrYZDSoj/f+VWExU6ezFeHhP3+MOljTj7G2aiDVA8D\nmore\n",
        "untrusted comment: x\n"
        "RXTjRnseV5gIBRsrYZDSoj/f+VWExU6ezFeHhP3+MOljTj7G2aiDVA8D\n",
    };
    struct minisign_secret secret;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        d.text[0] = '\0';
        assert_int_equal(minisign_read_public(str_c(bad[i]), &pub, &d),
                         ERR_PARSE);
        assert_true(d.text[0]);
        assert_int_equal(
            minisign_read_secret(str_c(bad[i]), no_password, &secret, &d),
            ERR_PARSE);
        assert_int_equal(minisign_read_signature(str_c(bad[i]), &sig, &d),
                         ERR_PARSE);
    }
}

/* minisign's own takes 1 GiB; this little is read in the same way. */
static const struct minisign_lock_cost cheap = {32768, 1 << 20};

static void minisign_locks_a_key_with_a_password(void **state)
{
    struct minisign_secret key, again;
    (void)state;
    struct buf out;
    buf_init(&out, MINISIGN_MAX_BYTES);
    minisign_new(&key);
    assert_int_equal(minisign_write_secret(&key, STR("secret"), &cheap, &out),
                     ERR_OK);
    assert_int_equal(
        minisign_read_secret(buf_str(&out), STR("secret"), &again, &d), ERR_OK);
    assert_memory_equal(&key, &again, sizeof(key));
    assert_int_equal(
        minisign_read_secret(buf_str(&out), no_password, &again, &d),
        ERR_ACCESS);
    assert_non_null(strstr(d.text, "under a password"));
    static const char *const wrong[] = {"", "Secret", "secret "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(
            minisign_read_secret(buf_str(&out), str_c(wrong[i]), &again, &d),
            ERR_ACCESS);
        assert_non_null(strstr(d.text, "another"));
    }
    buf_fini(&out);
    crypto_forget(&key, sizeof(key));
}

/* A file that asks for more memory than any minisign's is refused before. */
static void minisign_spends_no_more_on_a_password_than_its_own(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        const char *why;
    } bad[] = {{2, 'B', "not known"}, {3, 'd', "not known"},
               {45, 1, "costs more"}, {41, 3, "costs more"},
               {53, 1, "costs more"}, {49, 0x41, "costs more"}};
    struct minisign_secret key;
    struct buf out, bytes, file;
    (void)state;
    minisign_new(&key);
    buf_init(&out, MINISIGN_MAX_BYTES);
    assert_int_equal(minisign_write_secret(&key, STR("secret"), &cheap, &out),
                     ERR_OK);
    struct str rest = buf_str(&out), first = {NULL, 0}, line = {NULL, 0};
    assert_true(str_next(&rest, '\n', &first) && str_next(&rest, '\n', &line));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        buf_init(&bytes, MINISIGN_MAX_BYTES);
        buf_init(&file, MINISIGN_MAX_BYTES);
        assert_int_equal(base64_decode(line, &bytes), ERR_OK);
        assert_true(bad[i].at < bytes.len);
        bytes.p[bad[i].at] = bad[i].byte;
        buf_add_str(&file, first);
        buf_add_byte(&file, '\n');
        assert_int_equal(base64_add(&file, buf_str(&bytes)), ERR_OK);
        assert_int_equal(
            minisign_read_secret(buf_str(&file), STR("secret"), &key, &d),
            ERR_PARSE);
        assert_non_null(strstr(d.text, bad[i].why));
        buf_fini(&file);
        buf_fini(&bytes);
    }
    buf_fini(&out);
}

static void minisign_reads_what_it_writes(void **state)
{
    struct minisign_secret one, again;
    struct minisign_public other;
    struct buf out;
    (void)state;
    buf_init(&out, MINISIGN_MAX_BYTES);
    minisign_new(&one);
    assert_int_equal(minisign_write_secret(&one, no_password, NULL, &out),
                     ERR_OK);
    assert_int_equal(
        minisign_read_secret(buf_str(&out), no_password, &again, &d), ERR_OK);
    assert_memory_equal(&one, &again, sizeof(one));
    minisign_public_of(&one, &pub);
    buf_clear(&out);
    assert_int_equal(minisign_write_public(&pub, &out), ERR_OK);
    assert_int_equal(minisign_read_public(buf_str(&out), &other, &d), ERR_OK);
    assert_memory_equal(&pub, &other, sizeof(pub));
    buf_clear(&out);
    assert_int_equal(minisign_sign(&one, STR("text"), STR("what\tfor"), &out),
                     ERR_OK);
    assert_int_equal(verify((const char *)out.p, "text"), ERR_OK);
    assert_true(str_eq_c(sig.comment, "what\tfor"));
    assert_int_equal(minisign_sign(&one, STR("text"), STR("a\nb"), &out),
                     ERR_INVAL);
    buf_fini(&out);
}

static void write_file(const char *path, struct str text)
{
    assert_int_equal(fs_write_atomic(path, text, 0600, &d), ERR_OK);
}

/* Debian's own tool believes what we sign, with a key that we wrote. */
static void minisign_is_believed_by_minisign(void **state)
{
    char dir[64], path[96], command[400];
    struct minisign_secret secret;
    struct buf out;
    (void)state;
    if (system("command -v minisign >/dev/null 2>&1") != 0) {
        skip();
    }
    tmp_path(dir, sizeof(dir), "minisign-XXXXXX");
    assert_non_null(mkdtemp(dir));
    buf_init(&out, MINISIGN_MAX_BYTES);
    minisign_new(&secret);
    minisign_public_of(&secret, &pub);
    assert_int_equal(minisign_write_public(&pub, &out), ERR_OK);
    snprintf(path, sizeof(path), "%s/pub", dir);
    write_file(path, buf_str(&out));
    buf_clear(&out);
    assert_int_equal(minisign_write_secret(&secret, no_password, NULL, &out),
                     ERR_OK);
    snprintf(path, sizeof(path), "%s/key", dir);
    write_file(path, buf_str(&out));
    snprintf(path, sizeof(path), "%s/text", dir);
    write_file(path, STR("some text\n"));
    buf_clear(&out);
    assert_int_equal(
        minisign_sign(&secret, STR("some text\n"), STR("version:3"), &out),
        ERR_OK);
    snprintf(path, sizeof(path), "%s/text.minisig", dir);
    write_file(path, buf_str(&out));
    snprintf(command, sizeof(command),
             "cd %s && test \"$(minisign -VQ -p pub -m text)\" = version:3",
             dir);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command),
             "cd %s && echo >>text && ! minisign -Vq -p pub -m text "
             "2>/dev/null && minisign -S -W -s key -m text </dev/null "
             ">/dev/null && minisign -Vq -p pub -m text",
             dir);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command),
             "cd %s && minisign -G -W -f -p pub -s key </dev/null >/dev/null",
             dir);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/key", dir);
    buf_clear(&out);
    assert_int_equal(fs_read(path, MINISIGN_MAX_BYTES, &out, &d), ERR_OK);
    assert_int_equal(
        minisign_read_secret(buf_str(&out), no_password, &secret, &d), ERR_OK);
    assert_int_equal(fs_remove_tree(dir, &d), ERR_OK);
    buf_fini(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(minisign_believes_what_minisign_signed, setup),
        cmocka_unit_test_setup(minisign_takes_a_public_key_without_its_comment,
                               setup),
        cmocka_unit_test_setup(minisign_refuses_another_text_comment_or_key,
                               setup),
        cmocka_unit_test_setup(minisign_does_not_take_one_kind_for_the_other,
                               setup),
        cmocka_unit_test_setup(minisign_refuses_every_shorter_file, setup),
        cmocka_unit_test_setup(minisign_misses_no_changed_byte, setup),
        cmocka_unit_test_setup(minisign_refuses_what_is_no_file_of_its_kind,
                               setup),
        cmocka_unit_test_setup(minisign_locks_a_key_with_a_password, setup),
        cmocka_unit_test_setup(
            minisign_spends_no_more_on_a_password_than_its_own, setup),
        cmocka_unit_test_setup(minisign_reads_what_it_writes, setup),
        cmocka_unit_test_setup(minisign_is_believed_by_minisign, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
