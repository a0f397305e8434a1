/* weir/storage.h */
