/* weir/table.h */
