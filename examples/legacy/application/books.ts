export interface Book {
  readonly isbn: string;
  readonly title: string;
  readonly cents: number;
  readonly left: number;
}

export const books: readonly Book[] = [
  { isbn: "9780141439600", title: "A Tale of Two Cities", cents: 899, left: 4 },
  { isbn: "9780141439518", title: "Pride and Prejudice", cents: 799, left: 11 },
  { isbn: "9780140449136", title: "Crime and Punishment", cents: 1099, left: 0 },
];
