using Fusion.Build.Contract;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Jobs;

/// <summary>Runs jobs in parallel, and gives up when one takes too long.</summary>
/// <param name="jobs">The jobs.</param>
/// <param name="run">Runs a job.</param>
/// <param name="done">Called after each that came to its end, on the thread that did it.</param>
internal sealed class JobRunner(IReadOnlyList<CompileJob> jobs, Func<CompileJob, JobResult> run, Action<JobResult> done)
{
    // NVRTC recurses deeply over nested templates, and fusionc tells it to leave the process's stack limit alone.
    private const int StackBytes = 64 << 20;

    private static readonly TimeSpan TimeoutCheckInterval = TimeSpan.FromMilliseconds(250);

    private readonly object gate = new();
    private readonly JobResult?[] results = new JobResult?[jobs.Count];
    private readonly Dictionary<int, ThreadClock> atWork = [];
    private int next;
    private int unfinished = jobs.Count;

    /// <summary>The most at a time.</summary>
    public required int Parallelism { get; init; }

    /// <summary>The most seconds of work for one; 0 for no limit.</summary>
    public int Timeout { get; init; }

    /// <summary>Runs all jobs; one that fails does not stop the others, but one that is given up does.</summary>
    /// <returns>The results, in the order of the jobs.</returns>
    public JobResult[] Run()
    {
        // Background threads, so that a run that is ended does not wait for NVRTC.
        for (var n = 0; n < Math.Min(Parallelism, jobs.Count); n++)
            new Thread(Work, StackBytes) { IsBackground = true, Name = "NVRTC" }.Start();
        lock (gate)
        {
            while (unfinished > 0)
            {
                Monitor.Wait(gate, Timeout > 0 ? TimeoutCheckInterval : System.Threading.Timeout.InfiniteTimeSpan);
                if (Timeout == 0) continue;
                foreach (var late in atWork.Where(w => w.Value.IsPast(Timeout)).Take(1).ToArray()) GiveUp(late.Key);
            }
        }

        return results!;
    }

    private void Work()
    {
        while (TryStart(out var i, out var clock))
        {
            var result = Try(jobs[i]) with { Work = clock.Work };
            lock (gate)
            {
                // Nobody waits for it any more.
                if (!atWork.Remove(i)) return;
                results[i] = result;
            }

            done(result);
            lock (gate)
            {
                unfinished--;
                Monitor.Pulse(gate);
            }
        }
    }

    private bool TryStart(out int job, out ThreadClock clock)
    {
        clock = new ThreadClock();
        lock (gate)
        {
            job = next;
            if (next == jobs.Count) return false;
            next++;
            atWork[job] = clock;
            return true;
        }
    }

    // NVRTC cannot be stopped, and while one thread is in its front end no other gets in. So all that is at work is given up, to
    // be ended with the process, and the next build goes on with what is left.
    private void GiveUp(int late)
    {
        var left = jobs.Count - results.Count(r => r is not null) - 1;
        for (var i = 0; i < jobs.Count; i++) results[i] ??= new JobResult(jobs[i], []);
        results[late] = new JobResult(jobs[late], [TooLong(jobs[late], left)]);
        unfinished -= atWork.Count + jobs.Count - next;
        next = jobs.Count;
        atWork.Clear();
        ProcessEnd.NvrtcIsBusy = true;
    }

    private Diagnostic TooLong(CompileJob job, int left)
    {
        var others = left > 0 ? $", and with it {left} other compilations, which the next build does" : "";
        return new Diagnostic(DiagnosticSeverity.Error, Codes.Timeout,
            $"The kernel was not compiled for {job.Architecture} within {Timeout} seconds and is given up{others}. "
            + "Look for recursion or an unrolled loop that has no end; if it only takes long, set FusionCompileTimeout to more "
            + "seconds, or to 0 for no limit.",
            job.Kernel.Source);
    }

    private JobResult Try(CompileJob job)
    {
        try
        {
            return run(job);
        }
        catch (WriteException e)
        {
            return new JobResult(job, [e.ToDiagnostic()]);
        }
        catch (Exception e)
        {
            return new JobResult(job, [Faults.Report(e, job.Kernel.Source)]);
        }
    }
}
