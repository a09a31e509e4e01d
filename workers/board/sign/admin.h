/* hongxin-board user …: keeps the file of users. */
#ifndef BOARD_ADMIN_H
#define BOARD_ADMIN_H

/* argv[0] is "user". The program's exit code. */
int admin_main(int argc, char **argv);

#endif
