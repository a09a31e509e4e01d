/* The doctor's findings in Chinese: names and numbers stay where they belong. */
#include "cli/operate/doctor_texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *english, const char *chinese)
{
    char text[DOCTOR_TEXT];
    assert_string_equal(doctor_text_zh(english, text), chinese);
}

static void a_finding_keeps_its_names_and_numbers(void **state)
{
    (void)state;
    check("a breach was written twice", "超时重复记录");
    check("gap between LSN 17 and 21", "LSN 17 与 21 之间有缺口");
    check("case 7 next needs the engine at 1791802800000, its row is at 1791802800001",
          "案件 7 下一时点为 1791802800000，时限行却在 1791802800001");
    check("L2 was told twice to community:C-03", "L2 重复通知 community:C-03");
    check("K_ARRIVE/L2: the replay makes it otherwise, first in state",
          "K_ARRIVE/L2：重放结果不同，首先在 state");
    check("the entry holds the number of a reporter", "记录含有诉求人电话");
}

static void what_is_not_known_stays_english(void **state)
{
    (void)state;
    check("the moon is made of cheese", "the moon is made of cheese");
    check("", "");
    check("a breach was written twice and more", "a breach was written twice and more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_keeps_its_names_and_numbers),
        cmocka_unit_test(what_is_not_known_stays_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
