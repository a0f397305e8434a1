/* weir/format.h */
