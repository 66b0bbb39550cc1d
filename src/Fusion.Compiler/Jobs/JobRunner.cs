using Fusion.Compiler.Output;

namespace Fusion.Compiler.Jobs;

/// <summary>Does jobs in parallel.</summary>
internal static class JobRunner
{
    // NVRTC recurses deeply over nested templates, and fusionc tells it to leave the process's stack limit alone.
    private const int StackBytes = 64 << 20;

    /// <summary>Does all jobs; one that fails does not stop the others.</summary>
    /// <param name="jobs">The jobs.</param>
    /// <param name="parallelism">The most at a time.</param>
    /// <param name="run">Does one.</param>
    /// <param name="done">Called after each, on the thread that did it.</param>
    /// <returns>The results, in the order of the jobs.</returns>
    public static JobResult[] Run(IReadOnlyList<CompileJob> jobs, int parallelism, Func<CompileJob, JobResult> run, Action<JobResult> done)
    {
        var results = new JobResult[jobs.Count];
        var next = -1;
        void Work()
        {
            for (var i = Interlocked.Increment(ref next); i < jobs.Count; i = Interlocked.Increment(ref next))
            {
                results[i] = Try(jobs[i], run);
                done(results[i]);
            }
        }

        // Background threads, so that a run that is ended does not wait for NVRTC.
        var threads = Enumerable.Range(0, Math.Min(parallelism, jobs.Count))
            .Select(n => new Thread(Work, StackBytes) { IsBackground = true, Name = $"NVRTC {n}" }).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return results;
    }

    private static JobResult Try(CompileJob job, Func<CompileJob, JobResult> run)
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
