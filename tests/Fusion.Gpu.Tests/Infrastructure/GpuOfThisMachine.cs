using Fusion.Gpu.Tests.Ranks;
using Fusion.Runtime;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

[assembly: Fusion.Gpu.Tests.Infrastructure.WithoutAGpuLeavesOutItsTests]

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Whether this machine has a GPU for the tests. Without one they are left out, and this test says so and why; where the
/// machine shows signs of a GPU that cannot be used, it fails.</summary>
public sealed class GpuOfThisMachine
{
    private const string Hidden = "CUDA_VISIBLE_DEVICES";

    /// <summary>Why no test can run on a GPU; empty if they can.</summary>
    public static string Failure { get; } = Look();

    [Test]
    public void RunsTheTestsOrIsNotThere()
    {
        if (Failure.Length == 0)
        {
            Assert.That(GpuDevice.Count, Is.GreaterThan(0));
            return;
        }

        Assert.That(Signs(), Is.Empty, $"this machine has a GPU, and the tests cannot use it: {Failure}");
        Assert.Ignore($"GPU tests are left out: {Failure}");
    }

    private static string Look()
    {
        try
        {
            if (GpuDevice.Count > 0) return "";
            GpuContext.Open().Dispose();
            return "the driver lists no GPU, and opens one";
        }
        catch (FusionException e)
        {
            return e.Message.ReplaceLineEndings(" ").Split(". ")[0];
        }
    }

    private static string[] Signs()
    {
        // Empty or -1 hides all of them on purpose.
        if (Environment.GetEnvironmentVariable(Hidden) is "" or "-1") return [];
        const string Listed = "/proc/driver/nvidia/gpus";
        var signs = Directory.Exists(Listed) ? Directory.GetDirectories(Listed) : [];
        return [.. signs, .. new[] { "/dev/nvidia0" }.Where(File.Exists), .. new[] { RanksOfATest.Variable }.Where(IsSet)];
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}

/// <summary>Takes the tests that need a GPU out of the assembly on a machine without one: hundreds of skipped tests, each with the same
/// reason, would hide what matters.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class WithoutAGpuLeavesOutItsTestsAttribute : NUnitAttribute, IApplyToTest
{
    private static readonly Type[] NeedAGpu = [typeof(GpuTest), typeof(GpuGroupTest)];

    /// <inheritdoc/>
    public void ApplyToTest(Test test)
    {
        if (GpuOfThisMachine.Failure.Length > 0) LeaveOut(test);
    }

    private static void LeaveOut(ITest suite)
    {
        foreach (var test in suite.Tests.ToArray())
        {
            if (test.TypeInfo is { } type && NeedAGpu.Any(one => one.IsAssignableFrom(type.Type))) suite.Tests.Remove(test);
            else if (test.IsSuite) LeaveOut(test);
        }
    }
}
