export interface Series {
  readonly label: string;
  /** One a time; null: none. */
  readonly values: readonly (number | null)[];
  readonly tone: 'accent' | 'bad' | 'warn' | 'info';
  readonly kind: 'line' | 'area' | 'bars';
  readonly axis: 'left' | 'right';
  /** With its unit. */
  readonly format: (value: number) => string;
  /** There is nothing between whole numbers: its axis has none. */
  readonly whole?: boolean;
}
