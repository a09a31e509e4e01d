/* What may change under the board: the users' file, and whether the daemon is there. */
#include "base/log.h"
#include "board/board.h"
#include <string.h>

enum { AWAY_TICKS = 2 };

void watch_sessions(struct board *b)
{
    struct session *s = sessions_next(b->sessions, NULL), *next;
    for (; s; s = next) {
        struct user user;
        next = sessions_next(b->sessions, s);
        if (!users_find(b->users, s->user, &user) || user.disabled || user.stamp != s->stamp ||
            strcmp(user.principal, s->principal) != 0)
            gate_end(b, s, "NO_RIGHT");
    }
}

void watch_users(struct board *b)
{
    struct hx_problem problem = {""};
    struct users *now = NULL;
    if (!hx_file_changed(&b->users_file))
        return;
    hx_file_look(&b->users_file);
    int rc = users_load(b->settings.users, &now, &problem);
    hx_file_judged(&b->users_file, rc);
    if (rc != HX_OK) {
        hx_log(HX_LOG_ERROR, "event=users_refused \"%s\"", problem.text);
        return;
    }
    users_free(b->users);
    b->users = now;
    hx_log(HX_LOG_INFO, "event=users_changed");
    watch_sessions(b);
}

void watch_begin(struct board *b)
{
    b->users_file.path = b->settings.users;
    hx_file_look(&b->users_file);
}

/* A connection that is made anew is no reason to turn anybody away. */
void watch_daemon(struct board *b)
{
    b->down = hx_client_is_up(b->link.client, HX_DOOR_FEED) ? 0 : b->down + 1;
    b->away = b->down > AWAY_TICKS;
}
