/* Who is on duty and who is told, with the names of these people, which stand in the city's file
 * duty.csv. */
#ifndef BOARD_DUTY_H
#define BOARD_DUTY_H

#include "board/board.h"

/* Answer GET /duty, /route and /cases/{case}/route; the city's file has been asked for (city.c). */
void duty_ask(struct board *b, struct http_request *r);
void route_ask_place(struct board *b, struct http_request *r);
void route_ask_case(struct board *b, struct http_request *r);

#endif
