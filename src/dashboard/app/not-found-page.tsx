import { Link } from '@tanstack/react-router';
import { PageTitle } from '../ui/page-title.tsx';
import { Empty } from '../ui/states.tsx';

export function NotFoundPage() {
  return (
    <>
      <PageTitle title="Not found" />
      <Empty title="There is no page at this address">
        <Link to="/" className="text-accent underline">
          Go to the overview
        </Link>
      </Empty>
    </>
  );
}
