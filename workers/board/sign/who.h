/* What a session may do, for its pages: name, role, areas, rights, and for whom it may speak. */
#ifndef BOARD_WHO_H
#define BOARD_WHO_H

#include "board/board.h"

/* Answers the request, when the daemon has been asked; it may not be there (DAEMON_AWAY). */
void who_tell(struct board *b, struct http_request *r, struct session *s);

#endif
