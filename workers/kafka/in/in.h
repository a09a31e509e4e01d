/* hongxin-kafka in: records of topics become events. */
#ifndef KAFKA_IN_H
#define KAFKA_IN_H

/* Runs it with the arguments behind `in`; the exit code. */
int in_main(int argc, char **argv);

#endif
