using Fusion.Emulation.Tests.Support;
using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Fused;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Mistakes in a copy of the built-in kernels: a few seeds find each, and find nothing in the kernels as they are.</summary>
[Category("Nightly")]
public sealed class PlantedMistakes
{
    private const int Seeds = 6;

    // Kernels that end do so in less, also on a machine that others use.
    private const int Patience = 180;

    // A mistake may be that a kernel waits for ever.
    private const int ShortPatience = 3;

    // What stops one rank is told when the others have given up.
    private const int MiddlePatience = 30;

    // More than a block that waits runs.
    private const long StepsOfASecond = 20_000_000;

    private static readonly TestCaseData[] Mistakes =
    [
        Mistake("NoMarkersAreWrittenBack", "comm/slot.cuh", "if (p < count) Slot<T>::write(first + p * stride, Slot<T>::unwritten());", ";"),
        Mistake(
            "OnlyTheFirstWordIsCompared", "comm/marker.cuh",
            "return words.w[0] == kMarker || words.w[1] == kMarker || words.w[2] == kMarker || words.w[3] == kMarker;", "return words.w[0] == kMarker;"),
        Mistake("MarkersInAPayloadAreNotReplaced", "comm/marker.cuh", "words.w[i] >= kAbandoned ? kOtherNan : words.w[i]", "words.w[i]"),
        Mistake("ThereIsOneBufferInsteadOfTwo", "comm/workspace.cuh", "(ticket.number % kBuffers) * buffer_bytes", "0 * buffer_bytes"),
        Mistake("TheFirstBlockRaisesTheNumber", "comm/workspace.cuh", "== gridDim.x * gridDim.y - 1", "== 0"),
        Mistake("ABarrierIsInABranch", "norm/row_registers.cuh", "      __syncthreads();", "      if (lane() < 16) __syncthreads();"),
        Mistake("NobodyWaitsForTheKernelBefore", "allreduce/one_shot.cuh", "  ptx::griddepcontrol_wait();\n", ""),
        Mistake("ARowTooManyIsSent", "allreduce/one_shot.cuh", "row < params.tokens; row += stride) one_shot_send", "row <= params.tokens; row += stride) one_shot_send"),
        Mistake("TheRowIsReadPastItsEnd", "allreduce/epilogue.cuh", "has(int v) const { return octet(v) < octets; }", "has(int v) const { return octet(v) <= octets; }"),
        Mistake("TheSlotIsThatOfAnotherPeer", "allreduce/exchange_call.cuh", "buffer + peer * params.slot_bytes", "buffer + 0 * peer * params.slot_bytes"),
        Mistake(
            "AClusterHasOneBarrierTooFew", "norm/row_registers.cuh", "ptx::mbarrier_wait(&scratch.arrived, use / 2 % 2);", ";"),
        Mistake("AScaleIsWrittenByTwoThreads", "quant/quantize_row.cuh", "reinterpret_cast<float*>(to.scales)[to.row] = scale;", "reinterpret_cast<float*>(to.scales)[0] = scale;", MiddlePatience),
    ];

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [Test]
    public void AreNotInTheKernelsAsTheyAre()
    {
        var kernels = ChangedKernels.Compile("comm/marker.cuh", "kMarker", "kMarker");
        for (var seed = 1; seed <= Seeds; seed++) Assert.That(WhatIsFound(kernels, seed, Patience), Is.Empty, $"seed {seed}");
    }

    [TestCaseSource(nameof(Mistakes))]
    public void AreFoundByASeed(string file, string from, string to, int patience)
    {
        var kernels = ChangedKernels.Compile(file, from, to);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            if (WhatIsFound(kernels, seed, patience) is not { Length: > 0 } found) continue;
            TestContext.Out.WriteLine($"seed {seed}: {found}");
            return;
        }

        Assert.Fail("no seed finds it");
    }

    private static TestCaseData Mistake(string name, string file, string from, string to, int patience = ShortPatience) => new(file, from, to, patience) { TestName = name };

    private static string WhatIsFound(byte[] kernels, int seed, int patience)
    {
        ChangedKernels.Use(kernels, new() { Gpus = 3, Seed = seed, StepLimit = StepsOfASecond * patience });
        try
        {
            return Run(patience);
        }
        catch (FusionException e)
        {
            return e.Message;
        }
        finally
        {
            Leave(Emulator.Faults.Count);
        }
    }

    private static void Leave(int faults)
    {
        try
        {
            OpenGpus.Close();
        }
        catch (FusionException) when (faults > 0)
        {
            // The GPU is lost, as the mistake has it.
        }
    }

    private static string Run(int patience)
    {
        const int Ranks = 3;
        foreach (var (hidden, tokens) in new[] { (64, 3), (8192, 2) })
        {
            using var compared = new ComparedRanks(Ranks, new AllReduceOptions
            {
                HiddenSize = hidden,
                MaxTokens = 8,
                DataType = ElementType.BFloat16,
                Timeout = TimeSpan.FromSeconds(patience),
            });
            for (var call = 0; call < 5; call++)
            {
                var data = new AllReduceCase(ElementType.BFloat16, Ranks, hidden, tokens, seed: hidden + call);
                // NaN whose bits are those of a marker.
                if (call % 2 == 1) data.Inputs[call % Ranks].AsSpan(0, hidden / 2).Fill(0xFF);
                var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
                if (compared.Compare(data.WithSumOfInputs(), epilogue, AllReduceStrategy.OneShot) is { Length: > 0 } wrong) return $"call {call}: {wrong}";
                var quantized = epilogue with { Quantization = Quantization.PerTokenFp8() };
                if (call == 1 && compared.Compare(data, quantized, AllReduceStrategy.OneShot) is { Length: > 0 } wrongCodes) return $"quantized: {wrongCodes}";
                if (call == 0 && ManyAtATime(compared, data, epilogue) is { Length: > 0 } wrongOfMany) return $"many calls: {wrongOfMany}";
                if (call == 0 && OneAfterTheOther(compared, data, epilogue, hidden) is { Length: > 0 } wrongOfTwo) return $"two calls: {wrongOfTwo}";
            }
        }

        return "";
    }

    // A rank may be a call ahead of another one.
    private static string ManyAtATime(ComparedRanks compared, AllReduceCase data, Epilogue epilogue)
    {
        var calls = compared.Prepare(data, epilogue, upload: false);
        foreach (var rank in compared.Group.Ranks)
            for (var i = 0; i < 8; i++) compared.Operation.Launch(rank.Index, null, calls[rank.Index], AllReduceStrategy.OneShot);
        foreach (var rank in compared.Group.Ranks) compared.Operation.Synchronize(rank.Index);
        return compared.WhatIsWrong(data, epilogue);
    }

    // The second call reads what the first one wrote.
    private static string OneAfterTheOther(ComparedRanks compared, AllReduceCase data, Epilogue epilogue, int seed)
    {
        var second = new AllReduceCase(data.Type, data.Inputs.Length, data.Hidden, data.Tokens, seed);
        foreach (var input in second.Inputs) data.Expected(epilogue)[nameof(AllReduceCall.AllReduceOut)].CopyTo(input, 0);
        var calls = compared.Prepare(data, epilogue, upload: false);
        foreach (var rank in compared.Group.Ranks) compared.Operation.Launch(rank.Index, null, calls[rank.Index], AllReduceStrategy.OneShot);
        foreach (var rank in compared.Group.Ranks)
        {
            var call = calls[rank.Index];
            compared.Operation.Launch(rank.Index, null, call with { Input = call.AllReduceOut!.Value }, AllReduceStrategy.OneShot);
        }

        foreach (var rank in compared.Group.Ranks) compared.Operation.Synchronize(rank.Index);
        return compared.WhatIsWrong(second.WithSumOfInputs(), epilogue);
    }
}
