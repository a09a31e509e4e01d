/* hongxin-kafka out: the journal becomes records of topics. */
#ifndef KAFKA_OUT_H
#define KAFKA_OUT_H

/* Runs it with the arguments behind `out`; the exit code. */
int out_main(int argc, char **argv);

#endif
