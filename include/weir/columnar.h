/* weir/columnar.h */
