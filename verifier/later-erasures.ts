/**
 * What was announced while the log was read. An erasure is written down before anything is
 * overwritten: whoever read an entry that was gone finds, by now, the announcement behind the end
 * up to which the log was read.
 */
import { join } from 'node:path';
import { Findings } from './findings.ts';
import { listSegments } from './log-folder.ts';
import type { ErasedRange, SegmentJob } from './segment-job.ts';
import { verifySegment } from './verify-segment.ts';

/** @param last the segment that was the last one when the log was listed */
export function laterErasures(folder: string, last: SegmentJob): readonly ErasedRange[] {
  const found: ErasedRange[] = [];
  const segments = listSegments(folder, new Findings({ strict: false }));
  const later = segments.filter(({ first }) => first >= last.first);
  let before: { readonly end: number; readonly peaks: string } | undefined;
  for (const [i, { file, first }] of later.entries()) {
    const { tileFolder: _, ...rest } = last;
    const result = verifySegment({
      ...{ ...rest, path: join(folder, file), file, first, isLast: i === later.length - 1 },
      ...{ wantedSizes: [], partialTiles: [] },
    });
    const isNext =
      before === undefined || (before.end === first && before.peaks === result.startPeaks.join(''));
    if (!isNext || !result.isWhole || result.report.findingsTotal > 0) break;
    found.push(...result.erasedRanges);
    before = { end: first + result.count, peaks: result.endPeaks.join('') };
  }
  return found;
}
