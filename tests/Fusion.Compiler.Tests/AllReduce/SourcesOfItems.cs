using Fusion.Compiler.AllReduce;

namespace Fusion.Compiler.Tests.AllReduce;

public sealed class SourcesOfItems
{
    [Test]
    public void AreInstantiationsWithNamesThatSayWhatForTheyAre()
    {
        var module = Items.Module(Items.Of(ranks: "2"));

        Assert.That(module.Name, Is.EqualTo("fusion-allreduce/llama.bf16.residual_rmsnorm_fp8"));
        Assert.That(AllReduceSource.Write(module), Is.EqualTo("""
            // Written by Fusion.Sdk for the item FusionAllReduce 'llama'.
            #include <fusion/allreduce/epilogue_kernel.cuh>
            #include <fusion/allreduce/fixed_call.cuh>
            #include <fusion/allreduce/one_shot.cuh>
            #include <fusion/allreduce/two_shot.cuh>

            using namespace fusion;

            template <int Ranks>
            using Call = FixedCall<4096, Ranks, true, NormKind::Rms, 0, QuantKind::StaticFp8>;

            extern "C" __global__ void __launch_bounds__(512, 2)
                one_shot_bf16_p1_v1_h4096_n2_residual_rmsnorm_fp8(const __grid_constant__ AllReduceParams params) {
              one_shot<bf16, 1, 1, Call<2>>(params);
            }

            extern "C" __global__ void __launch_bounds__(512, 2)
                two_shot_bf16_p1_v1_h4096_n2_residual_rmsnorm_fp8(const __grid_constant__ AllReduceParams params) {
              two_shot<bf16, 1, 1, Call<2>>(params);
            }

            extern "C" __global__ void __launch_bounds__(512, 2)
                epilogue_bf16_v1_h4096_residual_rmsnorm_fp8(const __grid_constant__ AllReduceParams params) {
              epilogue_kernel<bf16, 1, Call<1>>(params);
            }

            """.ReplaceLineEndings("\n")));
    }

    [TestCase("residual+rmsnorm1+nvfp4", "true, NormKind::Rms, 1, QuantKind::NvFp4>")]
    [TestCase("rmsnorm-hf+mxfp8", "false, NormKind::RmsRoundedTwice, 0, QuantKind::MxFp8>")]
    [TestCase("residual+layernorm+fp8-token", "true, NormKind::Layer, 0, QuantKind::PerTokenFp8>")]
    [TestCase("fp8-group", "false, NormKind::None, 0, QuantKind::PerGroupFp8, 128, false>")]
    [TestCase("fp8-group64-ue8m0", "false, NormKind::None, 0, QuantKind::PerGroupFp8, 64, true>")]
    [TestCase("residual", "true, NormKind::None, 0, QuantKind::None>")]
    public void HaveTheEpilogueAsConstants(string epilogue, string constants) =>
        Assert.That(AllReduceSource.Write(Items.Module(Items.Of(epilogues: epilogue))), Does.Contain($"FixedCall<4096, Ranks, {constants};"));

    [Test]
    public void OfTheSumAloneHaveNothingThatFollowsIt()
    {
        var names = Items.Module(Items.Of(epilogues: "none", type: "f32", ranks: "4")).Kernels.Select(kernel => kernel.ToString());

        Assert.That(names, Is.EqualTo(["one_shot_f32_p3_v1_h4096_n4_none", "two_shot_f32_p3_v1_h4096_n4_none"]));
    }

    // Peers in turns that are as even as can be, and no more vectors a thread than 1024 threads need.
    [TestCase("8192", "bf16", 2, "_p1_v1_")]
    [TestCase("8192", "bf16", 6, "_p5_v1_")]
    [TestCase("8192", "bf16", 8, "_p7_v1_")]
    [TestCase("8192", "f16", 16, "_p5_v1_")]
    [TestCase("8192", "f32", 8, "_p3_v1_")]
    [TestCase("8192", "f32", 5, "_p2_v1_")]
    [TestCase("8200", "bf16", 8, "_p3_v2_")]
    [TestCase("32768", "bf16", 2, "_p1_v4_")]
    public void FitTheirShape(string hidden, string type, int ranks, string shape) =>
        Assert.That(Items.Module(Items.Of(hidden: hidden, type: type, ranks: $"{ranks}")).Kernels.First().ToString(), Does.Contain(shape));

    [TestCase("4096", 512, 2)]
    [TestCase("8192", 1024, 1)]
    [TestCase("2880", 384, 2)]
    [TestCase("8200", 544, 1)]
    [TestCase("8", 32, 16)]
    public void AllowAsManyBlocksAsTheKernelsForAllModels(string hidden, int threads, int blocks)
    {
        var module = Items.Module(Items.Of(hidden: hidden));

        Assert.That((module.Threads, module.BlocksAtLeast), Is.EqualTo((threads, blocks)));
    }

    [Test]
    public void AreOneForEachTypeAndEpilogue()
    {
        var (modules, _) = Items.Read(Items.Of(type: "bf16;f16", epilogues: "none;fp8; fp8 ", ranks: "8;2;8"));

        Assert.That(modules.Select(module => module.Name), Is.EqualTo([
            "fusion-allreduce/llama.bf16.none", "fusion-allreduce/llama.bf16.fp8",
            "fusion-allreduce/llama.f16.none", "fusion-allreduce/llama.f16.fp8"]));
        Assert.That(modules.Select(module => module.WorldSizes), Has.All.EqualTo(new[] { 2, 8 }));
    }
}
